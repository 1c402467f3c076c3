# Writes the SQL files into a C file as bytes, so that a program carries the schema it was built
# for:
#   cmake -DOUTPUT=FILE.c -DSQL=sql "-DMIGRATIONS=0001_a.sql;0002_b.sql" -P embed_sql.cmake
# A migration runs inside a transaction of the migrator's: one that ends it itself is refused here.

function(append_bytes symbol path)
    file(READ ${path} hex HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND text "static const unsigned char ${symbol}[] = {\n${bytes}0x00};\n\n")
    set(text "${text}" PARENT_SCOPE)
endfunction()

set(text "/* Made by ledger/store/embed_sql.cmake from sql/. */\n")
string(APPEND text "#include \"ledger/store/migrate.h\"\n\n")
set(rows "")
set(expected 1)
foreach(path IN LISTS MIGRATIONS)
    cmake_path(GET path STEM name)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
        message(FATAL_ERROR "${path}: a migration is named NNNN_word.sql")
    endif()
    math(EXPR number "1${CMAKE_MATCH_1} - 10000")
    if(NOT number EQUAL expected)
        message(FATAL_ERROR "${path}: number ${expected} is missing")
    endif()
    math(EXPR expected "${expected} + 1")
    file(STRINGS ${path} control REGEX "^(BEGIN|COMMIT|ROLLBACK|START TRANSACTION)[ ;]")
    if(control)
        message(FATAL_ERROR "${path}: no transaction control in a migration: ${control}")
    endif()
    append_bytes(sql_${number} ${path})
    string(APPEND rows "    {${number}, \"${name}\", (const char *)sql_${number},"
                       " sizeof sql_${number} - 1},\n")
endforeach()
append_bytes(sql_functions ${SQL}/functions.sql)
append_bytes(sql_roles ${SQL}/roles.sql)
string(APPEND text "static const struct fz_migration migrations[] = {\n${rows}};\n\n"
       "static const struct fz_migration_set set = {\n    migrations,"
       " sizeof migrations / sizeof migrations[0],\n"
       "    (const char *)sql_functions, (const char *)sql_roles};\n\n"
       "const struct fz_migration_set *fz_migrations(void)\n{\n    return &set;\n}\n")
file(WRITE ${OUTPUT} "${text}")

# Compiler and linker flags, once for every target: link `fz_flags` (PRIVATE) to get them all, with
# the include path. fz_library() and fz_program() do so. Third-party headers come through imported
# targets, which CMake passes with -isystem, so that only our own code is held to these warnings.

option(FZ_WERROR "Treat warnings as errors" ON)
set(FZ_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: \"address,undefined\"")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_FLAGS_DEBUG "-Og -g3")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g") # no NDEBUG: our assertions stay on

# Makes CMake link programs as PIE, not only compile them so.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

set(FZ_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wundef -Wvla
    -Wcast-qual -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wwrite-strings -Wswitch-enum -Wimplicit-fallthrough -Wdouble-promotion
)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND FZ_WARNINGS -Wlogical-op -Wduplicated-cond -Wduplicated-branches
         -Wjump-misses-init -Wformat-overflow=2 -Wbidi-chars=any -Wcast-align=strict)
endif()
if(NOT FZ_SANITIZE)
    # Instrumented code has bigger frames and branches nobody wrote: there these three mislead.
    list(APPEND FZ_WARNINGS -Wnull-dereference)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        list(APPEND FZ_WARNINGS -Wformat-truncation=2 -Wstack-usage=8192)
    endif()
endif()
if(FZ_WERROR)
    list(APPEND FZ_WARNINGS -Werror)
endif()

set(FZ_HARDEN -fstack-protector-strong -fno-strict-aliasing -fno-delete-null-pointer-checks
    -fvisibility=hidden)
set(FZ_HARDEN_LINK "")
if(NOT FZ_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
    list(APPEND FZ_HARDEN -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        list(APPEND FZ_HARDEN -fcf-protection=full)
    elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
        list(APPEND FZ_HARDEN -mbranch-protection=standard)
    endif()
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        list(APPEND FZ_HARDEN -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr)
    endif()
    set(FZ_HARDEN_LINK LINKER:-z,relro,-z,now,-z,noexecstack,-z,nodlopen,--as-needed)
endif()

set(FZ_SANITIZE_FLAGS "")
if(FZ_SANITIZE)
    # Without no-recover a UBSan report is printed and the test passes.
    set(FZ_SANITIZE_FLAGS -fsanitize=${FZ_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
endif()

# What every object needs, our tests included.
add_library(fz_flags_common INTERFACE)
target_compile_definitions(fz_flags_common INTERFACE _GNU_SOURCE)
target_compile_options(fz_flags_common INTERFACE ${FZ_HARDEN} ${FZ_SANITIZE_FLAGS})
target_link_options(fz_flags_common INTERFACE ${FZ_HARDEN_LINK} ${FZ_SANITIZE_FLAGS})
target_include_directories(fz_flags_common INTERFACE ${CMAKE_SOURCE_DIR}
                           ${CMAKE_SOURCE_DIR}/include)

add_library(fz_flags INTERFACE)
target_compile_options(fz_flags INTERFACE ${FZ_WARNINGS})
target_link_libraries(fz_flags INTERFACE fz_flags_common)

# Criterion's macros convert and shadow inside our files, and test tables may be large.
set(FZ_TEST_WARNINGS ${FZ_WARNINGS})
list(REMOVE_ITEM FZ_TEST_WARNINGS -Wconversion -Wsign-conversion -Wshadow -Wstack-usage=8192
     -Wnull-dereference)
add_library(fz_flags_test INTERFACE)
target_compile_options(fz_flags_test INTERFACE ${FZ_TEST_WARNINGS})
target_link_libraries(fz_flags_test INTERFACE fz_flags_common)

# fz_library(<name> SOURCES <file>... [LIBS <target>...]): a static library under the house flags.
# LIBS are public: who links the library gets them too.
function(fz_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE fz_flags PUBLIC ${arg_LIBS})
endfunction()

# fz_program(<name> SOURCES <file>... [LIBS <target>...]): a program, built into bin/.
function(fz_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE fz_flags ${arg_LIBS})
endfunction()

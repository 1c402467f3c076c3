# Prints each line of C files as "file:line:code", without comments and with empty strings and
# character constants, so that a search sees code only.
FNR == 1 {
    in_comment = 0
}
{
    code = ""
    quote = ""
    length_of_line = length($0)
    for (i = 1; i <= length_of_line; i++) {
        c = substr($0, i, 1)
        pair = substr($0, i, 2)
        if (in_comment) {
            if (pair == "*/") {
                in_comment = 0
                i++
            }
        } else if (quote != "") {
            if (c == "\\") {
                i++
            } else if (c == quote) {
                code = code c
                quote = ""
            }
        } else if (pair == "/*") {
            in_comment = 1
            i++
        } else if (pair == "//") {
            break
        } else {
            if (c == "\"" || c == "'") {
                quote = c
            }
            code = code c
        }
    }
    print FILENAME ":" FNR ":" code
}

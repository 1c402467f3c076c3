# Third-party libraries as imported targets (their headers are -isystem). Which room may use which
# one is checked by tests/check/arrows.sh.

find_package(OpenSSL 3.0 REQUIRED) # OpenSSL::Crypto, OpenSSL::SSL
find_package(PkgConfig REQUIRED)

# fz_pkg(<target> <module>): finds pkg-config <module> and offers it as PkgConfig::<target>.
macro(fz_pkg target module)
    pkg_check_modules(${target} REQUIRED QUIET IMPORTED_TARGET "${module}")
endmacro()

fz_pkg(libpq "libpq>=15")
fz_pkg(libevent "libevent_core>=2.1.12")
fz_pkg(libevent_extra "libevent_extra>=2.1.12")
fz_pkg(libevent_openssl "libevent_openssl>=2.1.12")
fz_pkg(jansson "jansson>=2.14")
fz_pkg(inih "inih")
fz_pkg(libcurl "libcurl>=7.88")
fz_pkg(libqrencode "libqrencode>=4.1")
fz_pkg(libpng "libpng")
fz_pkg(zbar "zbar>=0.23")

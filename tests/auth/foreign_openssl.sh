#!/bin/bash
# The same with nothing but a shell and the openssl program: what docs/api.md shows to a stranger.
#
#   foreign_openssl.sh AUTH_FOREIGN
set -euo pipefail

tool=${1:?the program auth_foreign}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
body='{"intent_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","amount":1480}'
path=/v1/payments/0190f5fe-7c00-7a00-8000-00000000002a
created=1796083200

# DER of two integers -> r and s, 32 bytes each, and back.
raw_of_der() {
    openssl asn1parse -inform DER -in "$1" | sed -n 's/.*INTEGER *://p' |
        while read -r hex; do printf '%064s' "$hex" | tr ' ' 0; done | basenc --base16 -d -i
}
der_of_raw() {
    local hex
    hex=$(basenc --base16 -w 0 "$1")
    printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${hex:0:64}" "${hex:64}" \
        >"$work/asn1.conf"
    openssl asn1parse -genconf "$work/asn1.conf" -noout -out "$2"
}

openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/key.pem" \
    2>"$work/log" || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out "$work/key.pem" 2>"$work/log"
openssl pkey -in "$work/key.pem" -pubout -outform DER -out "$work/spki"
keyid=7.$(openssl dgst -sha256 -binary "$work/spki" | basenc --base64url | tr -d =)
digest=sha-256=:$(printf %s "$body" | openssl dgst -sha256 -binary | base64):
params="(\"@method\" \"@path\" \"@query\" \"content-digest\");created=$created;keyid=\"$keyid\""
printf '"@method": PUT\n"@path": %s\n"@query": ?\n"content-digest": %s\n"@signature-params": %s' \
    "$path" "$digest" "$params" >"$work/base"
openssl dgst -sha256 -sign "$work/key.pem" -out "$work/der" "$work/base"
signature=$(raw_of_der "$work/der" | base64 -w 0)

case_of() {
    printf 'spki %s\nmethod PUT\nauthority town.example\npath %s\nbody %s\nnow %s\n' \
        "$(base64 -w 0 "$work/spki")" "$path" "$1" "$created"
    printf 'header Content-Digest %s\nheader Signature-Input sig1=%s\n' "$digest" "$params"
    printf 'header Signature sig1=:%s:\nexpect %s\n\n' "$2" "$3"
}
{
    case_of "$body" "$signature" ok
    case_of "${body/1480/1481}" "$signature" digest-mismatch
    case_of "$body" "${signature/?/-}" signature-missing
    case_of "$body" "$(printf %064d 0 | basenc --base16 -d | cat - "$work/spki" | head -c 64 |
        base64 -w 0)" signature-invalid
} | "$tool" verify

# What our clients sign, checked by openssl over a base written here.
"$tool" sign PUT "$path" - "$body" >"$work/ours"
field() {
    sed -n "s/^$1 //p" "$work/ours"
}
[ "$(field content-digest)" = "$digest" ]
input=$(field signature-input)
printf '"@method": PUT\n"@path": %s\n"@query": ?\n"content-digest": %s\n"@signature-params": %s' \
    "$path" "$digest" "${input#fz=}" >"$work/base"
field signature | sed 's/^fz=:\(.*\):$/\1/' | base64 -d >"$work/raw"
der_of_raw "$work/raw" "$work/der"
field spki | base64 -d | openssl pkey -pubin -inform DER -out "$work/public.pem"
openssl dgst -sha256 -verify "$work/public.pem" -signature "$work/der" "$work/base"
printf ' ' >>"$work/base"
if openssl dgst -sha256 -verify "$work/public.pem" -signature "$work/der" "$work/base"; then
    echo "openssl accepts anything"
    exit 1
fi

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes an authority and a certificate for the classifier: certificates.sh FOLDER [NAME...]
# FOLDER gets ca.crt and ca.key (unless they are there), tls.crt and tls.key. The certificate is for the service in the
# namespace "netledger", for localhost, and for every NAME, such as DNS:ledger.example.org or IP:192.0.2.1.
set -eu
folder=${1:?certificates.sh FOLDER [NAME...]}
shift
names=DNS:netledger-classifier,DNS:netledger-classifier.netledger.svc,DNS:localhost
for name in "$@"; do names=$names,$name; done
umask 077
mkdir -p "$folder"
cd "$folder"
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
# shellcheck disable=SC2086
[ -f ca.key ] || openssl req -x509 $new -days 3650 -subj /CN=netledger -keyout ca.key -out ca.crt 2>/dev/null
# shellcheck disable=SC2086
openssl req -new $new -subj /CN=netledger-classifier -keyout tls.key -out tls.csr 2>/dev/null
printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=%s\n' "$names" > tls.ext
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile tls.ext -out tls.crt 2>/dev/null
rm tls.csr tls.ext

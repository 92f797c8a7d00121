#!/bin/sh
# shellcheck disable=SC1091,SC2016

test_description='values of SOPS, opened by an identity of age

The files are made by other code: the data key by the program age, the values by the
AES of Python.'
. "$(dirname "$0")/test-lib.sh"

for program_ in age age-keygen
do
	command -v $program_ >/dev/null || skip_all "$program_ is not installed"
done
python3 -c 'from cryptography.hazmat.primitives.ciphers import Cipher' 2>/dev/null ||
	skip_all "Python has no cryptography"

cat >../encrypt.py <<'END'
"""encrypt.py KEY PLACE TYPE: standard input as SOPS writes it"""
import base64, os, sys
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
key, place, kind = bytes.fromhex(sys.argv[1]), sys.argv[2].encode(), sys.argv[3]
nonce = os.urandom(32)
aes = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
aes.authenticate_additional_data(place)
data = aes.update(sys.stdin.buffer.read()) + aes.finalize()
b64 = lambda b: base64.b64encode(b).decode()
print(f"ENC[AES256_GCM,data:{b64(data)},iv:{b64(nonce)},tag:{b64(aes.tag)},type:{kind}]", end="")
END
data_key=$(printf 'a%.0s' 1 2 3 4 5 6 7 8)$(printf '0b%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28)

# enc PLACE TYPE TEXT
enc () { printf %s "$3" | python3 ../encrypt.py "$data_key" "$1" "$2"; }

# section RECIPIENT: the section sops of a file of YAML
section () {
	printf 'sops:\n  mac: %s\n  age:\n  - recipient: %s\n    enc: |\n' "$(enc '' str x)" "$1"
	python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "$data_key" |
		age -a -r "$1" | sed 's/^/      /'
}

test_expect_success 'set up: a file of SOPS for a key of age' '
	age-keygen -o ../mine 2>/dev/null && age-keygen -o ../other 2>/dev/null && mine=$(age-keygen -y ../mine) &&
	mkdir config && printf "db:\n  host: db.internal\n  password: none\n" >config/base.yaml && {
		printf "db:\n  password: %s\n  port: %s\n  tls: %s\n" "$(enc db:password: str "s3cret # \"q\"")" \
			"$(enc db:port: int 5432)" "$(enc db:tls: bool True)"
		printf "list:\n- %s\n- name: %s\n" "$(enc list: str one)" "$(enc list:name: str two)"
		section "$mine"
	} >config/prod.yaml && git add config && git commit -q -m layers
'

test_expect_success 'they are opened with --secrets by that key, each of its kind, and not without' '
	test_must_fail git vault config get --env prod db.port >out 2>err && ! grep 5432 out err &&
	git vault config get --secrets --identity ../mine --env prod db.password db.port db.tls "list[1].name" >out &&
	test_write_lines "s3cret # \"q\"" 5432 true two >expect && test_cmp expect out &&
	git vault config render --secrets --identity ../mine --env prod --format json >out &&
	jq -c "[.db,.list]" out >got && cat >expect <<-\END &&
	[{"host":"db.internal","password":"s3cret # \"q\"","port":5432,"tls":true},["one",{"name":"two"}]]
	END
	test_cmp expect got && git vault config get --secrets --identity ../mine --env prod --json db.port >out &&
	jq -c ".. | .value? // empty" out >got && echo 5432 >expect && test_cmp expect got &&
	git vault config get --secrets --identity ../mine --env prod --at HEAD db.port >out && test_cmp expect out
'

test_expect_success 'that they were shown is in the audit, without a value' '
	git vault audit --json >out && jq -r ".events[] | select(.kind == \"reveal\") | .target" out >target &&
	test_grep "^4 of SOPS in config/prod.yaml$" target && ! grep -e 5432 -e s3cret out
'

test_expect_success 'without that key they stay, and the sentence says which is wanted' '
	git vault config get --secrets --identity ../other --env prod db.port >out 2>err && test_grep "^ENC\[AES256" out &&
	test_grep "1 secret stays encrypted: config/prod.yaml: none of your keys opens its data key.*--identity" err &&
	cp config/prod.yaml ../keep && sed -i "/^  age:/,\$d" config/prod.yaml && echo "  kms: []" >>config/prod.yaml &&
	git vault config get --secrets --identity ../mine --env prod db.port >out 2>err && test_grep "^ENC\[AES256" out &&
	test_grep "for a service or PGP; the program sops opens it: sops decrypt" err &&
	{ cat ../keep && echo "  key_groups: []"; } >config/prod.yaml &&
	git vault config get --secrets --identity ../mine --env prod db.port >out 2>err &&
	test_grep "shared among groups; the program sops opens it: sops decrypt" err && cp ../keep config/prod.yaml
'

test_expect_success 'a value that was moved or changed is not shown as another one' '
	sed "s/^  port: .*/  port: $(enc db:ports: int 1 | sed "s|[/&]|\\\\&|g")/" ../keep >config/prod.yaml &&
	git vault config get --secrets --identity ../mine --env prod db.port >out 2>err && test_grep "^ENC\[" out &&
	test_grep "config/prod.yaml: a value of SOPS was changed, or is at another place" err &&
	sed "s/data:[^,]/data:\\*/" ../keep >config/prod.yaml &&
	git vault config get --secrets --identity ../mine --env prod db.port >out 2>err && test_grep "^ENC\[" out &&
	test_grep "a part that is no base64" err && cp ../keep config/prod.yaml
'

test_expect_success 'files of JSON, and sections of a provider, are opened in the same way' '
	python3 -c "
import json, subprocess, sys
enc = lambda place, kind, text: subprocess.run([sys.executable, \"../encrypt.py\", \"$data_key\", place, kind],
    input=text.encode(), capture_output=True, check=True).stdout.decode()
lines = open(\"../keep\").read().split(\"enc: |\n\")[1]
age = \"\".join(l.strip() + \"\n\" for l in lines.splitlines())
json.dump({\"a b\": {\"k\": enc(\"a b:k:\", \"float\", \"1.5\")},
    \"providers\": {\"aws\": {\"x\": enc(\"providers:aws:x:\", \"str\", \"y\")}},
    \"sops\": {\"age\": [{\"recipient\": \"r\", \"enc\": age}]}}, open(\"config/qa.json\", \"w\"))
" && git add config && git vault config get --secrets --identity ../mine --env qa --provider aws "[\"a b\"].k" x >out &&
	test_write_lines 1.5 y >expect && test_cmp expect out
'

test_done

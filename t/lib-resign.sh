# Events of the audit that somebody else has signed than he who made them.
# shellcheck shell=sh

# resign KEY <event: sign it as git vault would, but with another key
resign () {
	sed /^Vault-Signature/d >said &&
		rm -f said.sig &&
		ssh-keygen -q -Y sign -n git-vault-audit -f "$1" said \
			2>/dev/null &&
		python3 - <<-\END >sig64 &&
		import base64, struct
		b = base64.b64decode("".join(open("said.sig").read().split("\n")[1:-2]))
		def take(b):
		    n = struct.unpack(">I", b[:4])[0]
		    return b[4:4 + n], b[4 + n:]
		assert b[:6] == b"SSHSIG"
		key, rest = take(b[10:])
		for _ in range(3):
		    _, rest = take(rest)
		sig, _ = take(rest)
		_, key = take(key)
		_, sig = take(sig)
		print(base64.b64encode(take(key)[0] + take(sig)[0]).decode())
		END
		{
			cat said &&
			printf "Vault-Signature: %s\n" "$(cat sig64)"
		}
}

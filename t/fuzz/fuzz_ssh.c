/* Keys of ssh: what is read is a key that signs, or a line that is written the
 * same; and nothing crashes. */
#include "fuzz.h"

#include <sodium.h>

#include "base/buf.h"
#include "crypto/secret.h"
#include "crypto/ssh.h"
#include "crypto/x25519.h"

static void
read_public(const char *text, size_t len)
{
	unsigned char key[GV_SSH_PUBLIC], again[GV_SSH_PUBLIC];
	struct gv_x25519_to to;
	struct gv_buf line = GV_BUF_INIT;

	if (gv_ssh_public(key, text, len) < 0)
		return;
	must(gv_ssh_is_public(text, len));
	must(gv_ssh_add_public(&line, key) == 0);
	must(gv_ssh_public(again, line.p, line.len) == 0);
	must(memcmp(key, again, sizeof(key)) == 0);
	(void)gv_x25519_from_ssh(&to, key);
	gv_buf_release(&line);
}

static void
read_private(const char *text, size_t len)
{
	unsigned char signature[crypto_sign_BYTES];
	struct gv_secret key = GV_SECRET_INIT;

	if (gv_ssh_private(&key, text, len) == 0) {
		must(key.len == GV_SSH_PRIVATE);
		must(crypto_sign_detached(signature, NULL,
			 (const unsigned char *)"x", 1, key.p) == 0);
		must(crypto_sign_verify_detached(signature,
			 (const unsigned char *)"x", 1, key.p + 32) == 0);
	} else {
		must(key.len == 0);
	}
	gv_secret_release(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;

	read_public(text, len);
	(void)gv_ssh_is_private(text, len);
	read_private(text, len);
	return 0;
}

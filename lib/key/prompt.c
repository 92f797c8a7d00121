#include "key/prompt.h"

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "sys/tty.h"

#define LINE ((size_t)4096)

static int
ask(struct gv_secret *out, const char *before, const char *what)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t len;
	int r;

	gv_buf_addf(&text, "%s of %s: ", before, what);
	if ((r = gv_buf_check(&text)) == 0 &&
	    (r = gv_secret_grow(out, LINE)) == 0) {
		size_t had = out->len;

		/* what a failure leaves there is wiped */
		out->len += LINE;
		r = gv_tty_ask((char *)out->p + had, LINE, &len, text.p, false);
		gv_secret_truncate(out, r == 0 ? had + len : had);
	}
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? GV_ENOKEY : r;
}

int
gv_prompt_passphrase(void *ctx, struct gv_secret *out, const char *what)
{
	(void)ctx;
	return ask(out, "passphrase", what);
}

int
gv_prompt_new_passphrase(struct gv_secret *out, const char *what)
{
	struct gv_secret again = GV_SECRET_INIT;
	size_t had = out->len;
	int r;

	if ((r = ask(out, "new passphrase", what)) < 0)
		goto out;
	if (out->len == had) {
		r = gv_err(GV_EREFUSED, "an empty passphrase protects nothing");
		goto out;
	}
	if ((r = ask(&again, "once more, the passphrase", what)) < 0)
		goto out;
	if (!(again.len == out->len - had &&
		gv_secret_is(&again, out->p + had, again.len)))
		r = gv_err(GV_EREFUSED, "the two passphrases are not the same");
out:
	if (r < 0 && out->len > had)
		gv_secret_truncate(out, had);
	gv_secret_release(&again);
	return r;
}

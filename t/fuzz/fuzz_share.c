/*
 * Shares of a secret, a line each: what is read is written again so that it is
 * read the same, and what they are joined to has passed its check.
 */
#include "fuzz.h"

#include "crypto/secret.h"
#include "crypto/share.h"

#define MOST 16

static void
must_come_back(const struct gv_secret *share)
{
	struct gv_secret text = GV_SECRET_INIT, again = GV_SECRET_INIT;

	must(gv_share_format(&text, share) == 0);
	must(gv_share_parse(&again, (const char *)text.p, text.len) == 0);
	must(gv_secret_is(&again, share->p, share->len));
	gv_secret_release(&text);
	gv_secret_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_secret shares[MOST] = { GV_SECRET_INIT };
	struct gv_secret out = GV_SECRET_INIT;
	const char *p = (const char *)data, *end = p + len, *lf;
	size_t n = 0, i;

	for (; n < MOST && p < end; p = lf ? lf + 1 : end) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (gv_share_parse(
			&shares[n], p, (size_t)((lf ? lf : end) - p)) < 0)
			continue;
		must_come_back(&shares[n]);
		n++;
	}
	if (gv_share_join(&out, shares, n) < 0)
		must(out.len == 0);
	else
		must(shares[0].p && n >= shares[0].p[0] && out.len > 0);
	for (i = 0; i < n; i++)
		gv_secret_release(&shares[i]);
	gv_secret_release(&out);
	return 0;
}

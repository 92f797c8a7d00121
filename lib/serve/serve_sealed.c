#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "key/keyring.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"
#include "serve/serve_world.h"

/*
 * A placeholder GITVAULT[RULE:ID] in a layer. Whoever can push puts any of them
 * into any layer, so a value is opened only of the scope that the layer's
 * environment has, or of the one that all share: that of prod does not come out
 * of a layer of dev.
 */

static const char begin[] = "GITVAULT[";

/* The id of a text that is a placeholder and nothing else. */
static bool
read_id(struct gv_digest *out, const char *text, size_t len)
{
	const size_t hex = (size_t)2 * GV_DIGEST_BYTES;

	return len > sizeof(begin) - 1 + 1 + hex + 1 &&
	    memcmp(text, begin, sizeof(begin) - 1) == 0 &&
	    text[len - 1] == ']' && text[len - hex - 2] == ':' &&
	    gv_enc_unhex(out->bytes, text + len - hex - 1, GV_DIGEST_BYTES) ==
	    0;
}

static int
open_of(struct gv_safe_reader *reader, struct gv_secret *out, const char *scope,
    const struct gv_digest *id)
{
	const struct gv_safe_place place = { .scope = scope, .id = *id };

	gv_secret_reset(out);
	return gv_safe_get(reader, out, &place);
}

int
gv_serve_watch_unseal(void *ctx, struct gv_secret *out, const char *env,
    const char *text, size_t len)
{
	struct gv_serve_watch *w = ctx;
	struct gv_safe_reader *reader = NULL;
	struct gv_digest id;
	int r;

	if (!read_id(&id, text, len))
		return GV_ENOTFOUND;
	if ((r = gv_safe_reader_new(&reader, w->safe)) < 0)
		return r;
	r = GV_ENOTFOUND;
	if (env)
		r = open_of(reader, out, env, &id);
	if (r < 0)
		r = open_of(reader, out, GV_KEYRING_SHARED, &id);
	gv_safe_reader_free(reader);
	if (r < 0)
		gv_secret_reset(out);
	return r;
}

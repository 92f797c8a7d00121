#include "base/err.h"
#include "safe/safe.h"
#include "safe/safe_placeholder.h"
#include "safe/safe_reader.h"
#include "serve/serve_world.h"

/* A value that is a placeholder and nothing else is opened, for who may see it.
 */

int
gv_serve_watch_unseal(void *ctx, struct gv_secret *out, const char *env,
    const char *text, size_t len)
{
	struct gv_serve_watch *w = ctx;
	struct gv_safe_reader *reader = NULL;
	struct gv_safe_placeholder place;
	const char *scope;
	int r;

	if (!gv_safe_placeholder_next(&place, text, len, 0) || place.at ||
	    place.len != len)
		return GV_ENOTFOUND;
	if ((r = gv_safe_reader_new(&reader, w->safe)) < 0)
		return r;
	gv_secret_reset(out);
	r = gv_safe_placeholder_open(reader, out, &scope, env, &place.id);
	gv_safe_reader_free(reader);
	if (r < 0)
		gv_secret_reset(out);
	return r;
}

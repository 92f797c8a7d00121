#include "base/err.h"
#include "key/backend_internal.h"
#include "net/profile.h"

/* The last one counts, as it does for Amazon's own programs. */
static int
take(void *ctx, struct gv_profile_piece name, struct gv_profile_piece value)
{
	struct gv_backend_profile *out = ctx;

	if (gv_profile_is(name, "aws_access_key_id"))
		return gv_profile_keep(&out->id, value);
	if (gv_profile_is(name, "aws_secret_access_key"))
		return gv_profile_keep(&out->key, value);
	if (gv_profile_is(name, "aws_session_token"))
		return gv_profile_keep(&out->token, value);
	return 0;
}

int
gv_backend_profile_read(struct gv_backend_profile *out, const char *name,
    const char *data, size_t len)
{
	int r = gv_profile_each(data, len, name, take, out);

	if (r < 0)
		return r;
	return out->id.len == 0 || out->key.len == 0 ? GV_ENOTFOUND : 0;
}

void
gv_backend_profile_release(struct gv_backend_profile *profile)
{
	gv_secret_release(&profile->id);
	gv_secret_release(&profile->key);
	gv_secret_release(&profile->token);
}

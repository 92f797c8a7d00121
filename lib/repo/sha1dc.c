#include "repo/sha1dc.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_SHA1DC
/* As sha1collisiondetection has had them since its version 1.0. */
void SHA1DCInit(void *ctx);
void SHA1DCUpdate(void *ctx, const char *data, size_t len);
int SHA1DCFinal(unsigned char out[GV_SHA1DC_LEN], void *ctx);
#define IS_HERE true
#else
#define IS_HERE false

static void
SHA1DCInit(void *ctx)
{
	(void)ctx;
	abort();
}

static void
SHA1DCUpdate(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	abort();
}

static int
SHA1DCFinal(unsigned char out[GV_SHA1DC_LEN], void *ctx)
{
	(void)out;
	(void)ctx;
	abort();
}
#endif

bool
gv_sha1dc_is_here(void)
{
	return IS_HERE;
}

void
gv_sha1dc_init(struct gv_sha1dc *ctx)
{
	SHA1DCInit(ctx->state);
}

void
gv_sha1dc_update(struct gv_sha1dc *ctx, const void *data, size_t len)
{
	SHA1DCUpdate(ctx->state, data, len);
}

bool
gv_sha1dc_finish(struct gv_sha1dc *ctx, unsigned char out[GV_SHA1DC_LEN])
{
	bool is_good = SHA1DCFinal(out, ctx->state) == 0;

	/* the end of what was hashed may stand in it */
	explicit_bzero(ctx, sizeof(*ctx));
	return is_good;
}

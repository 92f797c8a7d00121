#include "job/notify_secret.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"

#define MOST   ((size_t)4096) /* bytes of an address or a key */
#define DIGITS ((size_t)2 * GV_DIGEST_BYTES)

bool
gv_notify_secret_is(const char *text)
{
	const char *slash = strrchr(text, '/');

	return slash && slash > text && strlen(slash + 1) == DIGITS &&
	    strspn(slash + 1, "0123456789abcdef") == DIGITS;
}

static int
open_safe(struct gv_notify_secret *s)
{
	int r = s->safe ? 0 : gv_safe_open(&s->safe, s->repo, s->keys);

	return r < 0 || s->reader ? r : gv_safe_reader_new(&s->reader, s->safe);
}

static int
add(void *ctx, const void *data, size_t len)
{
	struct gv_secret *out = ctx;

	return out->len + len > MOST
	    ? gv_err(GV_EREFUSED, "its secret is longer than 4 KiB")
	    : gv_secret_add(out, data, len);
}

static int
read_one(struct gv_secret *out, struct gv_notify_secret *s, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct gv_buf scope = GV_BUF_INIT;
	struct gv_safe_place place = { .scope = NULL };
	int r;

	if (!gv_notify_secret_is(name) ||
	    gv_enc_unhex(place.id.bytes, slash + 1, GV_DIGEST_BYTES) < 0)
		return gv_err(GV_EREFUSED, "it names no secret");
	gv_buf_add(&scope, name, (size_t)(slash - name));
	place.scope = scope.p;
	if ((r = gv_buf_check(&scope)) == 0 && (r = open_safe(s)) == 0)
		r = gv_safe_read(s->reader, &place, add, out);
	if (r == GV_ENOKEY)
		r = gv_err(r,
		    "its secret is in the scope '%s', which no key here opens "
		    "without a question",
		    scope.p);
	else if (r == GV_ENOTFOUND)
		r = gv_err(
		    r, "the scope '%s' has no secret of that id", scope.p);
	gv_buf_release(&scope);
	return r;
}

int
gv_notify_secret_get(
    struct gv_secret *out, struct gv_notify_secret *s, const char *name)
{
	int r = read_one(out, s, name);

	while (r == 0 && out->len && strchr("\r\n", out->p[out->len - 1]))
		gv_secret_truncate(out, out->len - 1);
	if (r == 0 && (out->len == 0 || memchr(out->p, '\0', out->len)))
		r = gv_err(GV_EREFUSED, "its secret is no line of text");
	return r;
}

void
gv_notify_secret_close(struct gv_notify_secret *s)
{
	gv_safe_reader_free(s->reader);
	gv_safe_close(s->safe);
	s->reader = NULL;
	s->safe = NULL;
}

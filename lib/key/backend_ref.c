#include "key/backend_ref.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/*
 *	git-vault reference 1\n
 *	vault NAME\n
 *	path PATH\n
 *	version VERSION\n
 *
 * in this order and nothing else. A field is printable ASCII without blanks.
 */
static const char head[] = "git-vault reference 1\n";

bool
gv_backend_ref_is(const void *data, size_t len)
{
	return len >= sizeof(head) - 1 &&
	    memcmp(data, head, sizeof(head) - 1) == 0;
}

static bool
is_field(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	return len > 0 && len < GV_BACKEND_REF_TEXT;
}

/* "name VALUE\n" from *at on, which moves behind it. */
static bool
read_field(char out[GV_BACKEND_REF_TEXT], const char **at, const char *end,
    const char *name)
{
	size_t n = strlen(name), len;
	const char *stop;

	if ((size_t)(end - *at) < n || memcmp(*at, name, n) != 0)
		return false;
	*at += n;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	len = stop ? (size_t)(stop - *at) : 0;
	if (!is_field(*at, len))
		return false;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at = stop + 1;
	return true;
}

int
gv_backend_ref_parse(struct gv_backend_ref *out, const void *data, size_t len)
{
	const char *at = data, *end = at + len;

	if (len <= GV_BACKEND_REF_MAX && gv_backend_ref_is(data, len)) {
		at += sizeof(head) - 1;
		if (read_field(out->vault, &at, end, "vault ") &&
		    read_field(out->path, &at, end, "path ") &&
		    read_field(out->version, &at, end, "version ") && at == end)
			return 0;
	}
	return gv_err(
	    GV_ECORRUPT, "this is no reference to a value in a vault");
}

int
gv_backend_ref_format(struct gv_buf *out, const struct gv_backend_ref *ref)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text, "%svault %s\npath %s\nversion %s\n", head,
	    ref->vault, ref->path, ref->version);
	if ((r = gv_buf_check(&text)) == 0 &&
	    (text.len > GV_BACKEND_REF_MAX ||
		!is_field(ref->vault, strlen(ref->vault)) ||
		!is_field(ref->path, strlen(ref->path)) ||
		!is_field(ref->version, strlen(ref->version))))
		r = gv_err(GV_EREFUSED,
		    "the path %.64s in the vault %.64s cannot be part of a "
		    "reference",
		    ref->path, ref->vault);
	if (r == 0)
		gv_buf_add(out, text.p, text.len);
	gv_buf_release(&text);
	return r < 0 ? r : gv_buf_check(out);
}

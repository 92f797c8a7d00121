#include "store/store_sftp_form.h"

#include <sys/stat.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

enum {
	HAS_SIZE = 1,
	HAS_OWNER = 2,
	HAS_MODE = 4,
	HAS_TIMES = 8,
};

#define HAS_MORE 0x80000000U

size_t
gv_store_sftp_begin(
    struct gv_buf *out, enum gv_store_sftp_type type, uint32_t id)
{
	size_t at = out->len;

	gv_enc_add_number(out, 0, 4);
	gv_buf_addch(out, (char)type);
	gv_enc_add_number(out, id, 4);
	return at;
}

void
gv_store_sftp_add(struct gv_buf *out, const void *data, size_t len)
{
	gv_enc_add_number(out, len, 4);
	gv_buf_add(out, data, len);
}

void
gv_store_sftp_end(struct gv_buf *out, size_t at)
{
	size_t len, i;

	if (gv_buf_check(out) < 0)
		return;
	len = out->len - at - 4;
	for (i = 0; i < 4; i++)
		out->p[at + i] = (char)(len >> (24 - 8 * i));
}

long
gv_store_sftp_measure(const void *data, size_t len)
{
	uint64_t n;

	if (len < 4)
		return 0;
	n = gv_enc_number(data, 4);
	/* a type and an id at least */
	return n < 5 || n > GV_STORE_SFTP_PACKET_MAX ? -1 : (long)n + 4;
}

uint64_t
gv_store_sftp_number(struct gv_store_sftp_in *in, size_t n)
{
	uint64_t v;

	in->is_bad |= in->left < n;
	if (in->is_bad)
		return 0;
	v = gv_enc_number(in->p, n);
	in->p += n;
	in->left -= n;
	return v;
}

const char *
gv_store_sftp_text(struct gv_store_sftp_in *in, size_t *len)
{
	size_t n = (size_t)gv_store_sftp_number(in, 4);
	const char *text;

	in->is_bad |= n > in->left;
	*len = in->is_bad ? 0 : n;
	if (*len == 0)
		return "";
	text = (const char *)in->p;
	in->p += n;
	in->left -= n;
	return text;
}

void
gv_store_sftp_attrs(
    struct gv_store_sftp_attrs *out, struct gv_store_sftp_in *in)
{
	uint64_t flags = gv_store_sftp_number(in, 4), n = 0, mode;
	size_t len;

	*out = (struct gv_store_sftp_attrs){ 0 };
	if (flags & HAS_SIZE) {
		out->has_size = true;
		out->size = gv_store_sftp_number(in, 8);
	}
	if (flags & HAS_OWNER)
		(void)gv_store_sftp_number(in, 8);
	if (flags & HAS_MODE) {
		mode = gv_store_sftp_number(in, 4);
		out->is_file = S_ISREG((mode_t)mode);
		out->is_folder = S_ISDIR((mode_t)mode);
	}
	if (flags & HAS_TIMES) {
		(void)gv_store_sftp_number(in, 4);
		out->modified = (int64_t)gv_store_sftp_number(in, 4);
	}
	if (flags & HAS_MORE)
		n = gv_store_sftp_number(in, 4);
	for (; n && !in->is_bad; n--) {
		(void)gv_store_sftp_text(in, &len);
		(void)gv_store_sftp_text(in, &len);
	}
}

int
gv_store_sftp_names(
    struct gv_store_sftp_in *in, gv_store_sftp_fn *fn, void *ctx)
{
	uint64_t n = gv_store_sftp_number(in, 4);
	struct gv_store_sftp_attrs attrs;
	const char *name;
	size_t len, more;
	int r = 0;

	for (; r == 0 && n && !in->is_bad; n--) {
		name = gv_store_sftp_text(in, &len);
		(void)gv_store_sftp_text(in, &more);
		gv_store_sftp_attrs(&attrs, in);
		if (!in->is_bad)
			r = fn(ctx, name, len, &attrs);
	}
	return r == 0 && in->is_bad ? GV_ECORRUPT : r;
}

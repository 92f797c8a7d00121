#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/file.h"

static void
put_number(unsigned char *at, uint64_t n, unsigned size)
{
	unsigned i;

	for (i = 0; i < size; i++)
		at[i] = (unsigned char)(n >> (8 * i));
}

static uint64_t
get_number(const char *at, unsigned size)
{
	uint64_t n = 0;
	unsigned i;

	for (i = size; i > 0; i--)
		n = n << 8 | (unsigned char)at[i - 1];
	return n;
}

void
gv_sandbox_wire_begin(struct gv_sandbox_wire *w, char kind)
{
	w->kind = kind;
	w->at = 0;
	w->is_bad = false;
	gv_buf_reset(&w->bytes);
}

void
gv_sandbox_wire_add(struct gv_sandbox_wire *w, const void *data, size_t len)
{
	unsigned char head[4];

	put_number(head, len, sizeof(head));
	gv_buf_add(&w->bytes, head, sizeof(head));
	gv_buf_add(&w->bytes, data, len);
	gv_buf_addch(&w->bytes, '\0');
}

void
gv_sandbox_wire_add_text(struct gv_sandbox_wire *w, const char *text)
{
	gv_sandbox_wire_add(w, text, strlen(text));
}

void
gv_sandbox_wire_add_number(struct gv_sandbox_wire *w, uint64_t n)
{
	unsigned char bytes[8];

	put_number(bytes, n, sizeof(bytes));
	gv_sandbox_wire_add(w, bytes, sizeof(bytes));
}

int
gv_sandbox_wire_end(struct gv_buf *out, struct gv_sandbox_wire *w)
{
	unsigned char head[4];
	int r = gv_buf_check(&w->bytes);

	if (r < 0)
		return r;
	if (w->bytes.len > GV_SANDBOX_FRAME)
		return gv_err(GV_EREFUSED,
		    "a request to a sandbox is longer "
		    "than 64 MiB");
	put_number(head, w->bytes.len, sizeof(head));
	gv_buf_addch(out, w->kind);
	gv_buf_add(out, head, sizeof(head));
	gv_buf_add(out, w->bytes.p, w->bytes.len);
	return gv_buf_check(out);
}

int
gv_sandbox_wire_read(struct gv_sandbox_wire *w, int fd)
{
	char head[5];
	ssize_t n = gv_file_read_full(fd, head, sizeof(head));
	size_t len;

	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(head))
		return gv_err(GV_ECORRUPT, "a sandbox broke off");
	gv_sandbox_wire_begin(w, head[0]);
	len = (size_t)get_number(head + 1, 4);
	if (len > GV_SANDBOX_FRAME)
		return gv_err(GV_ECORRUPT, "a sandbox sent too much at once");
	if (gv_buf_grow(&w->bytes, len) < 0)
		return GV_ENOMEM;
	n = len ? gv_file_read_full(fd, w->bytes.p, len) : 0;
	if (n < 0 || (size_t)n != len)
		return gv_err(GV_ECORRUPT, "a sandbox broke off");
	w->bytes.len = len;
	return 1;
}

const char *
gv_sandbox_wire_take(struct gv_sandbox_wire *w, size_t *len)
{
	const char *data;
	size_t left = w->bytes.len - w->at, n;

	*len = 0;
	if (left < 5)
		goto bad;
	n = (size_t)get_number(w->bytes.p + w->at, 4);
	if (n > left - 5)
		goto bad;
	data = w->bytes.p + w->at + 4;
	if (data[n] != '\0')
		goto bad;
	w->at += 5 + n;
	*len = n;
	return data;
bad:
	w->is_bad = true;
	w->at = w->bytes.len;
	return "";
}

uint64_t
gv_sandbox_wire_take_number(struct gv_sandbox_wire *w)
{
	size_t len;
	const char *data = gv_sandbox_wire_take(w, &len);

	if (len == 8)
		return get_number(data, 8);
	w->is_bad = true;
	return 0;
}

bool
gv_sandbox_wire_is_over(const struct gv_sandbox_wire *w)
{
	return w->at == w->bytes.len;
}

void
gv_sandbox_wire_release(struct gv_sandbox_wire *w)
{
	gv_buf_release(&w->bytes);
}

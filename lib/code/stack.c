#include "code/stack.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/sha.h"
#include "infra/statefile.h"
#include "seal/withheld.h"
#include "vault/label.h"

#define CUT    40 /* characters of a name that is summed up */
#define DIGITS 16

#define TOP "default"

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static bool
is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* So that it can be read back: what two digits follow stands for a byte. */
static bool
is_plain(struct gv_statefile_span s, size_t i)
{
	if (s.p[i] == '_')
		return s.len - i < 3 || !is_digit(s.p[i + 1]) ||
		    !is_digit(s.p[i + 2]);
	if (s.p[i] == '-')
		return i > 0 && s.p[i - 1] != '/';
	return is_word(s.p[i]);
}

static void
add(struct gv_buf *out, struct gv_statefile_span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] == '/')
			gv_buf_addch(out, '.');
		else if (is_plain(s, i))
			gv_buf_addch(out, s.p[i]);
		else
			gv_buf_addf(out, "_%02x", (unsigned char)s.p[i]);
}

/* No component begins with '-', so what stands behind ".-" is no directory. */
static void
add_all(struct gv_buf *out, const struct gv_statefile *f)
{
	add(out, f->dir);
	if (out->len && f->file.len)
		gv_buf_addch(out, '.');
	add(out, f->file);
	if (f->dir.len == 0 && f->file.len == 0)
		gv_buf_addstr(out, TOP);
	if (f->workspace.len == 0)
		return;
	gv_buf_addstr(out, f->tool == GV_STATEFILE_PULUMI ? ".-pulumi." : ".-");
	add(out, f->project);
	if (f->project.len)
		gv_buf_addch(out, '.');
	add(out, f->workspace);
}

/* A directory at the top may be called like what the top itself is. */
static bool
is_mistaken(const struct gv_statefile *f)
{
	return f->dir.len == strlen(TOP) &&
	    memcmp(f->dir.p, TOP, f->dir.len) == 0 && f->file.len == 0;
}

static void
sum_up(char out[GV_STACK_NAME], const struct gv_buf *whole)
{
	unsigned char sum[GV_SHA_BYTES];
	const char *p = whole->p;
	size_t n = whole->len;

	for (; n && !is_word(*p); p++)
		n--;
	n = n > CUT ? CUT : n;
	memcpy(out, p, n);
	if (n == 0)
		out[n++] = 'x';
	memcpy(out + n, "_00", 3);
	gv_sha_sum(sum, whole->p, whole->len);
	gv_enc_hex(out + n + 3, sum, DIGITS / 2);
	out[n + 3 + DIGITS] = '\0';
}

int
gv_stack_of(char out[GV_STACK_NAME], const struct gv_statefile *file)
{
	struct gv_buf whole = GV_BUF_INIT;
	int r;

	add_all(&whole, file);
	r = gv_buf_check(&whole);
	if (r < 0)
		goto out;
	if (is_mistaken(file) || !gv_label_is_valid(whole.p))
		sum_up(out, &whole);
	else
		memcpy(out, whole.p, whole.len + 1);
out:
	gv_buf_release(&whole);
	return r;
}

/* ---- back ---------------------------------------------------------------- */

static bool
is_summed_up(const char *name, size_t len)
{
	const size_t n = strlen("_00") + DIGITS;
	size_t i;

	if (len < n || memcmp(name + len - n, "_00", 3) != 0)
		return false;
	for (i = len - DIGITS; i < len; i++)
		if (!is_digit(name[i]))
			return false;
	return true;
}

static unsigned
value_of(char digit)
{
	return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static void
add_back(struct gv_buf *out, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (name[i] == '.') {
			gv_buf_addch(out, '/');
		} else if (name[i] == '_' && len - i > 2 &&
		    is_digit(name[i + 1]) && is_digit(name[i + 2])) {
			gv_buf_addch(out,
			    (char)(value_of(name[i + 1]) << 4 |
				value_of(name[i + 2])));
			i += 2;
		} else {
			gv_buf_addch(out, name[i]);
		}
}

bool
gv_stack_dir(struct gv_buf *out, const char *stack)
{
	const char *end = strstr(stack, ".-");
	const size_t start = out->len, n = strlen(".tfstate");
	size_t len = strlen(stack);

	if (is_summed_up(stack, len))
		return false;
	len = end ? (size_t)(end - stack) : len;
	if (len == strlen(TOP) && memcmp(stack, TOP, len) == 0)
		return true;
	add_back(out, stack, len);
	/* a file that is called otherwise than Terraform does it */
	if (out->len - start > n &&
	    memcmp(out->p + out->len - n, ".tfstate", n) == 0) {
		while (out->len > start && out->p[out->len - 1] != '/')
			gv_buf_truncate(out, out->len - 1);
		if (out->len > start)
			gv_buf_truncate(out, out->len - 1);
	}
	return true;
}

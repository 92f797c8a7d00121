#include "foreign/working_copy_server.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

/*
 * A request: "runcommand\n", the length of what follows (four bytes, the first
 * is the highest), and the words of the command with a NUL between them.
 * An answer is in frames: a letter, a length, and that many bytes. 'o' is
 * output, 'e' is errors, and 'r', with a number, ends it. A capital letter asks
 * for input, and has no bytes.
 */
#define REQUEST "runcommand\n"
#define HEAD    5

int
gv_working_copy_request(struct gv_buf *in, const char *const *argv)
{
	struct gv_buf words = GV_BUF_WIPED_INIT; /* an address is one */
	size_t i;

	for (i = 0; argv[i]; i++) {
		if (i)
			gv_buf_addch(&words, '\0');
		gv_buf_addstr(&words, argv[i]);
	}
	gv_buf_addstr(in, REQUEST);
	gv_enc_add_number(in, words.len, 4);
	gv_buf_add(in, words.p, words.len);
	in->failed |= words.failed;
	gv_buf_release(&words);
	return gv_buf_check(in);
}

struct frame {
	char channel;
	const char *p;
	size_t len;
};

static int
next(struct frame *f, struct gv_working_copy_answers *a)
{
	const size_t left = (size_t)(a->end - a->p);
	uint64_t len = left < HEAD ? 0 : gv_enc_number(a->p + 1, HEAD - 1);

	if (left < HEAD || len > left - HEAD)
		return gv_err(GV_ECORRUPT, "its answer ends early");
	f->channel = a->p[0];
	f->p = a->p + HEAD;
	f->len = (size_t)len;
	a->p += HEAD + f->len;
	return 0;
}

int
gv_working_copy_answers_init(
    struct gv_working_copy_answers *a, const char *text, size_t len)
{
	static const char word[] = "capabilities:";
	struct frame f = { 0 };

	a->p = text;
	a->end = text + len;
	if (next(&f, a) < 0 || f.channel != 'o' || f.len < sizeof(word) - 1 ||
	    memcmp(f.p, word, sizeof(word) - 1) != 0)
		return gv_err(
		    GV_ECORRUPT, "it did not start its command server");
	return 0;
}

int
gv_working_copy_answer(struct gv_buf *out, struct gv_buf *err, long *status,
    struct gv_working_copy_answers *a)
{
	struct frame f = { 0 };
	int r;

	while ((r = next(&f, a)) == 0 && f.channel != 'r') {
		if (f.channel >= 'A' && f.channel <= 'Z')
			return gv_err(GV_ECORRUPT, "it asks for input");
		if (f.channel == 'o')
			gv_buf_add(out, f.p, f.len);
		else if (f.channel == 'e')
			gv_buf_add(err, f.p, f.len);
	}
	if (r < 0)
		return r;
	if (f.len != 4)
		return gv_err(GV_ECORRUPT, "its answer has no exit status");
	*status = (int32_t)gv_enc_number(f.p, 4);
	return gv_buf_check(out) < 0 ? GV_ENOMEM : gv_buf_check(err);
}

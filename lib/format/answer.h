#ifndef GV_ANSWER_H
#define GV_ANSWER_H
/*
 * What a command of git-vault answered with --json, for commands that run
 * others: its document, and of a failure the code and the message. Not for
 * running it.
 *
 *	gv_answer_take(&a, p.status, &p.out, &p.err);
 *	id = gv_unjson_get_text(gv_answer_root(&a), "id");
 *	gv_answer_release(&a);
 */

#include "base/buf.h"
#include "format/unjson.h"

struct gv_answer {
	int status;
	struct gv_buf text, err; /* what it printed on either output */
	struct gv_unjson *doc;   /* NULL: it printed none */
	const char *code;        /* of a failure; "" */
	const char *message;     /* the same */
};

#define GV_ANSWER_INIT                                                         \
	{                                                                      \
		.text = GV_BUF_INIT, .err = GV_BUF_INIT, .code = "",           \
		.message = ""                                                  \
	}

/* Take what it printed: both buffers are empty then. The document is on its
 * standard output or, of a failure, on the other one. */
void gv_answer_take(
    struct gv_answer *out, int status, struct gv_buf *text, struct gv_buf *err);
void gv_answer_release(struct gv_answer *answer);

/* The top of the document; NULL without one. */
const struct gv_unjson_node *gv_answer_root(const struct gv_answer *answer);

#endif

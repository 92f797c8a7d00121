#include "format/answer.h"

#include <string.h>

#include "base/err.h"

static void
take(struct gv_buf *to, struct gv_buf *from)
{
	*to = *from;
	*from = (struct gv_buf)GV_BUF_INIT;
}

static const char *
text_or_empty(const struct gv_unjson_node *node, const char *key)
{
	const char *text = gv_unjson_get_text(node, key);

	return text ? text : "";
}

void
gv_answer_take(
    struct gv_answer *out, int status, struct gv_buf *text, struct gv_buf *err)
{
	const struct gv_unjson_node *error;
	const struct gv_buf *at;
	char *begin;

	*out = (struct gv_answer)GV_ANSWER_INIT;
	out->status = status;
	take(&out->text, text);
	take(&out->err, err);
	at = out->text.len ? &out->text : &out->err;
	begin = at->len ? memchr(at->p, '{', at->len) : NULL;
	if (begin == NULL ||
	    gv_unjson_parse(&out->doc, "the answer of git-vault", begin,
		at->len - (size_t)(begin - at->p)) < 0)
		return;
	error = gv_unjson_get(gv_unjson_root(out->doc), "error");
	if (error == NULL)
		return;
	out->code = text_or_empty(error, "code");
	out->message = text_or_empty(error, "message");
}

void
gv_answer_release(struct gv_answer *answer)
{
	gv_unjson_free(answer->doc);
	gv_buf_release(&answer->text);
	gv_buf_release(&answer->err);
}

const struct gv_unjson_node *
gv_answer_root(const struct gv_answer *answer)
{
	return answer->doc ? gv_unjson_root(answer->doc) : NULL;
}

#include "git-vault/front/crew_out.h"

#include "base/buf.h"
#include "base/err.h"
#include "format/unjson.h"
#include "git-vault/front/json.h"

static bool
is_json(const struct gv_buf *text)
{
	struct gv_buf copy = GV_BUF_INIT;
	struct gv_unjson *doc = NULL;
	char *before = gv_err_save();
	bool is;

	gv_buf_add(&copy, text->p, text->len);
	is = gv_buf_check(&copy) == 0 &&
	    gv_unjson_parse(&doc, "output", copy.p, copy.len) == 0;
	gv_unjson_free(doc);
	gv_buf_release(&copy);
	gv_err_restore(before);
	return is;
}

static void
put_output(struct gv_json *j, struct gv_buf *text)
{
	struct gv_json doc = GV_JSON_INIT;

	if (text->len == 0) {
		gv_json_null(j, "output");
	} else if (is_json(text)) {
		if (text->p[text->len - 1] == '\n')
			gv_buf_truncate(text, text->len - 1);
		doc.buf = *text;
		gv_json_insert(j, "output", &doc);
	} else {
		gv_json_text(j, "output", text->p, text->len);
	}
}

void
gv_crew_out_json(struct gv_json *j, struct gv_buf *out, const char *messages)
{
	put_output(j, out);
	gv_json_lines(j, "messages", messages);
}

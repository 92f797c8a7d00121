#include "plan/plan_template.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/* ---- references ---------------------------------------------------------- */

static const char *
skip_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static size_t
name_at(const char *p, const char *end)
{
	const char *q = p;

	while (q < end &&
	    ((*q >= 'a' && *q <= 'z') || (*q >= 'A' && *q <= 'Z') ||
		(*q >= '0' && *q <= '9') || *q == '_' || *q == '-'))
		q++;
	return (size_t)(q - p);
}

/* The dotted names of a reference: at most four. */
struct names {
	const char *p[4];
	size_t len[4], n;
};

static bool
split(struct names *out, const char *p, const char *end)
{
	out->n = 0;
	for (;;) {
		const size_t len = name_at(p, end);

		if (len == 0 || out->n == 4)
			return false;
		out->p[out->n] = p;
		out->len[out->n++] = len;
		p += len;
		if (p == end)
			return true;
		if (*p++ != '.')
			return false;
	}
}

static bool
is_word(const struct names *in, size_t i, const char *word)
{
	return in->len[i] == strlen(word) &&
	    memcmp(in->p[i], word, in->len[i]) == 0;
}

static enum gv_plan_part_kind
kind_of(const struct names *in)
{
	if (in->n == 1) {
		if (is_word(in, 0, "environment"))
			return GV_PLAN_PART_ENVIRONMENT;
		if (is_word(in, 0, "plan"))
			return GV_PLAN_PART_PLAN;
		if (is_word(in, 0, "run"))
			return GV_PLAN_PART_RUN;
		if (is_word(in, 0, "folder"))
			return GV_PLAN_PART_FOLDER;
		if (is_word(in, 0, "result"))
			return GV_PLAN_PART_RESULT;
	}
	if (in->n == 2 && is_word(in, 0, "inputs"))
		return GV_PLAN_PART_INPUT;
	if (in->n == 3 && is_word(in, 0, "steps") && is_word(in, 2, "result"))
		return GV_PLAN_PART_STEP_RESULT;
	if (in->n == 4 && is_word(in, 0, "steps") && is_word(in, 2, "outputs"))
		return GV_PLAN_PART_OUTPUT;
	return GV_PLAN_PART_BROKEN;
}

static void
read_reference(struct gv_plan_part *out, const char *p, const char *end)
{
	struct names names = { .n = 0 };

	out->kind = GV_PLAN_PART_BROKEN;
	p = skip_blank(p, end);
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (!split(&names, p, end))
		return;
	out->kind = kind_of(&names);
	if (out->kind == GV_PLAN_PART_INPUT) {
		out->name = names.p[1];
		out->name_len = names.len[1];
	} else if (names.n >= 3) {
		out->step = names.p[1];
		out->step_len = names.len[1];
		out->name = names.p[names.n - 1];
		out->name_len = names.len[names.n - 1];
	}
}

bool
gv_plan_template_next(struct gv_plan_part *out, const char **at)
{
	const char *begin = strstr(*at, "${{"), *end;

	*out = (struct gv_plan_part){ .kind = GV_PLAN_PART_TEXT, .p = *at };
	if (**at == '\0')
		return false;
	if (begin != *at) {
		out->len = begin ? (size_t)(begin - *at) : strlen(*at);
		*at += out->len;
		return true;
	}
	end = strstr(begin, "}}");
	if (end == NULL) {
		out->kind = GV_PLAN_PART_BROKEN;
		out->len = strlen(*at);
		*at += out->len;
		return true;
	}
	out->len = (size_t)(end + 2 - begin);
	read_reference(out, begin + 3, end);
	*at = end + 2;
	return true;
}

bool
gv_plan_template_is(const char *text)
{
	return strstr(text, "${{") != NULL;
}

int
gv_plan_template_expand(
    struct gv_buf *out, const char *text, gv_plan_look_fn *look, void *ctx)
{
	struct gv_plan_part part;
	int r;

	while (gv_plan_template_next(&part, &text)) {
		if (part.kind == GV_PLAN_PART_TEXT)
			gv_buf_add(out, part.p, part.len);
		else if ((r = look(out, ctx, &part)) < 0)
			return r;
	}
	return gv_buf_check(out);
}

/* ---- conditions ---------------------------------------------------------- */

/* An operand: the bytes, and whether they are a template. */
struct operand {
	const char *p;
	size_t len;
	bool is_template;
};

static const char *
read_operand(struct operand *out, const char *p)
{
	const char *end;

	*out = (struct operand){ .p = p };
	if (*p == '"' || *p == '\'') {
		if ((end = strchr(p + 1, *p)) == NULL)
			return NULL;
		out->p = p + 1;
		out->len = (size_t)(end - out->p);
		out->is_template = true;
		return end + 1;
	}
	if (strncmp(p, "${{", 3) == 0) {
		if ((end = strstr(p, "}}")) == NULL)
			return NULL;
		out->len = (size_t)(end + 2 - p);
		out->is_template = true;
		return end + 2;
	}
	out->len = strcspn(p, " \t\r\n=!&");
	return out->len ? p + out->len : NULL;
}

enum operator{ ALONE, EQUAL, UNEQUAL };

struct comparison {
	struct operand a, b;
	enum operator op;
};

static const char *
blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* One comparison; behind it, or NULL for anything else. */
static const char *
read_comparison(struct comparison *out, const char *p)
{
	if ((p = read_operand(&out->a, blank(p))) == NULL)
		return NULL;
	p = blank(p);
	out->op = ALONE;
	if (strncmp(p, "==", 2) == 0)
		out->op = EQUAL;
	else if (strncmp(p, "!=", 2) == 0)
		out->op = UNEQUAL;
	else
		return p;
	p = read_operand(&out->b, blank(p + 2));
	return p ? blank(p) : NULL;
}

const char *
gv_plan_condition_check(const char *text)
{
	struct comparison c;

	for (;;) {
		if ((text = read_comparison(&c, text)) == NULL)
			return "a condition is A == B, A != B or A, joined by "
			       "&&";
		if (*text == '\0')
			return NULL;
		if (strncmp(text, "&&", 2) != 0)
			return "conditions are joined by && only";
		text += 2;
	}
}

static int
value_of(struct gv_buf *out, const struct operand *from, gv_plan_look_fn *look,
    void *ctx)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_add(&text, from->p, from->len);
	if ((r = gv_buf_check(&text)) == 0 && from->is_template)
		r = gv_plan_template_expand(out, text.p, look, ctx);
	else if (r == 0)
		gv_buf_add(out, text.p, text.len);
	gv_buf_release(&text);
	return r < 0 ? r : gv_buf_check(out);
}

static bool
is_true(const struct gv_buf *value)
{
	return value->len && strcmp(value->p, "false") != 0 &&
	    strcmp(value->p, "0") != 0;
}

static int
holds(bool *out, const struct comparison *c, gv_plan_look_fn *look, void *ctx)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	int r;

	if ((r = value_of(&a, &c->a, look, ctx)) < 0 ||
	    (c->op != ALONE && (r = value_of(&b, &c->b, look, ctx)) < 0))
		goto out;
	if (c->op == ALONE)
		*out = is_true(&a);
	else
		*out = gv_buf_equal(&a, &b) == (c->op == EQUAL);
out:
	gv_buf_release(&a);
	gv_buf_release(&b);
	return r;
}

int
gv_plan_condition_holds(
    bool *out, const char *text, gv_plan_look_fn *look, void *ctx)
{
	struct comparison c;
	int r;

	*out = true;
	while (*out && (text = read_comparison(&c, text)) != NULL) {
		if ((r = holds(out, &c, look, ctx)) < 0)
			return r;
		if (strncmp(text, "&&", 2) != 0)
			break;
		text += 2;
	}
	return 0;
}

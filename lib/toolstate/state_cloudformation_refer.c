#include "toolstate/state_cloudformation.h"

#include <string.h>

/*
 * What a template says for a value that is made later:
 *
 *	{ "Ref": NAME }
 *	{ "Fn::GetAtt": "NAME.Attribute" | [ NAME, … ] }
 *	{ "Fn::Sub": TEXT | [ TEXT, { OWN: … } ] }
 *
 * and in YAML for short
 *
 *	!Ref NAME, !GetAtt NAME.Attribute, !GetAtt [ NAME, … ], !Sub TEXT …
 *
 * which are a text as it stands, and of a list {"!GetAtt": [ … ]}.
 *
 * In TEXT there is ${NAME} or ${NAME.Attribute}; ${!…} stands for itself, and
 * names that begin with AWS:: are of no template.
 */

/* Names of its own that a Fn::Sub may have. */
#define OWN_MOST 64

/* How often what stands in a Fn::Sub may be looked at for these, before it is
 * looked at itself: a multiple of its length, however deep they nest. */
#define PEEKS 4

struct refer {
	struct gv_state_items *items;
	struct gv_jsontext j;
	size_t left; /* bytes that may be looked at in advance */
	struct gv_state_text own[OWN_MOST];
	size_t n_own;
};

static int
add_name(struct refer *f, const char *p, size_t len)
{
	const struct gv_jsontext_token name = {
		.kind = GV_JSONTEXT_TEXT, .p = p, .len = len
	};
	size_t i;

	if (len == 0 || memchr(p, '\\', len) ||
	    (len > 5 && memcmp(p, "AWS::", 5) == 0))
		return 0;
	for (i = 0; i < f->n_own; i++) {
		if (f->own[i].len == len && memcmp(f->own[i].p, p, len) == 0)
			return 0;
	}
	return gv_state_items_need(f->items, &name);
}

/* The name that ends where its attribute begins. */
static int
add_owner(struct refer *f, const char *p, size_t len)
{
	const char *dot = memchr(p, '.', len);

	return add_name(f, p, dot ? (size_t)(dot - p) : len);
}

static int
add_substituted(struct refer *f, const struct gv_jsontext_token *t)
{
	const char *p = t->p, *end = t->p + t->len, *close;
	int r = 0;

	while (r == 0 && (p = memmem(p, (size_t)(end - p), "${", 2))) {
		p += 2;
		close = memchr(p, '}', (size_t)(end - p));
		if (close == NULL)
			break;
		if (*p != '!')
			r = add_owner(f, p, (size_t)(close - p));
		p = close + 1;
	}
	return r;
}

/* The text of a Fn::Sub that is a list. Its own names stand behind it. */
static int
add_list(struct refer *f)
{
	struct gv_jsontext ahead = f->j;
	struct gv_jsontext_token text, own;
	size_t used;
	int r = 0;

	f->n_own = 0;
	if (f->left == 0 || gv_jsontext_next(&ahead, &text) <= 0 ||
	    text.kind != GV_JSONTEXT_TEXT)
		return 0;
	if (gv_jsontext_next(&ahead, &own) > 0 && own.kind == GV_JSONTEXT_MAP) {
		while (f->n_own < OWN_MOST &&
		    gv_jsontext_value(&ahead, &own) > 0 &&
		    own.kind != GV_JSONTEXT_MAP_END) {
			f->own[f->n_own].p = own.key;
			f->own[f->n_own++].len = own.key_len;
		}
	}
	used = (size_t)(ahead.at - f->j.at);
	f->left -= used < f->left ? used : f->left;
	r = add_substituted(f, &text);
	f->n_own = 0;
	return r;
}

/* Of a Fn::GetAtt that is a list: what stands first. */
static int
add_first(struct refer *f)
{
	struct gv_jsontext ahead = f->j;
	struct gv_jsontext_token t;

	if (gv_jsontext_next(&ahead, &t) <= 0 || t.kind != GV_JSONTEXT_TEXT)
		return 0;
	return add_name(f, t.p, t.len);
}

enum { REF, GET_ATT, SUB, NONE };

/* Without the quotes that it has in YAML, of which a " has an escape here. */
static void
unquote(struct gv_jsontext_token *t)
{
	size_t quote = 0;

	if (t->len > 3 && memcmp(t->p, "\\\"", 2) == 0)
		quote = 2;
	else if (t->len > 1 && *t->p == '\'')
		quote = 1;
	t->p += quote;
	t->len -= 2 * quote;
}

/* A text that begins with one of the short forms: what stands behind it. */
static size_t
read_short(struct gv_jsontext_token *t)
{
	static const char *const forms[] = { "!Ref ", "!GetAtt ", "!Sub " };
	size_t i, n;

	for (i = 0; t->kind == GV_JSONTEXT_TEXT && i < NONE; i++) {
		n = strlen(forms[i]);
		if (t->len <= n || memcmp(t->p, forms[i], n) != 0)
			continue;
		for (t->p += n, t->len -= n; t->len && *t->p == ' '; t->len--)
			t->p++;
		unquote(t);
		return i;
	}
	return NONE;
}

static int
look_at(struct refer *f, const struct gv_jsontext_token *token)
{
	static const char *const names[] = { "Ref", "Fn::GetAtt", "Fn::Sub",
		"!Ref", "!GetAtt", "!Sub" };
	struct gv_jsontext_token t = *token;
	bool is_list = t.kind == GV_JSONTEXT_LIST;
	size_t which = gv_state_key(&t, names, 6);

	which = which == 6 ? read_short(&t) : which % NONE;
	if (which == NONE || (t.kind != GV_JSONTEXT_TEXT && !is_list))
		return 0;
	if (which == REF)
		return is_list ? 0 : add_name(f, t.p, t.len);
	if (which == GET_ATT)
		return is_list ? add_first(f) : add_owner(f, t.p, t.len);
	return is_list ? add_list(f) : add_substituted(f, &t);
}

int
gv_state_cloudformation_refer(
    struct gv_state_items *items, const struct gv_jsontext_token *t)
{
	struct refer f = { .items = items, .left = PEEKS * t->len };
	struct gv_jsontext_token in;
	int r = 0;

	gv_jsontext_init(&f.j, t->p, t->len);
	while (r == 0 && gv_jsontext_next(&f.j, &in) > 0)
		r = look_at(&f, &in);
	return r;
}

int
gv_state_cloudformation_depend(
    struct gv_state_items *items, const struct gv_jsontext_token *t)
{
	struct refer f = { .items = items };
	struct gv_jsontext_token in;
	int r = 0;

	if (t->kind == GV_JSONTEXT_TEXT)
		return add_name(&f, t->p, t->len);
	if (t->kind != GV_JSONTEXT_LIST)
		return 0;
	gv_jsontext_init(&f.j, t->p, t->len);
	while (r == 0 && gv_jsontext_next(&f.j, &in) > 0) {
		if (in.kind == GV_JSONTEXT_TEXT)
			r = add_name(&f, in.p, in.len);
	}
	return r;
}

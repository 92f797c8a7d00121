#include "policy/classes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "infra/makeup.h"
#include "worktree/ignore.h"

/* The text, a line each:
 *
 *	icase			patterns match both cases
 *	every CLASS SECONDS
 *	keep CLASS ALL HOURLY DAILY WEEKLY	in seconds
 *	side			what follows is of the next policy
 *	path CLASS PATTERN
 *	language CLASS NAME
 */

#if GV_CLASSES_KEEP != GV_POLICY_CLASS_PERIODS
#error "they are the same spans"
#endif

/* ---- writing ------------------------------------------------------------- */

static void
add_side(struct gv_buf *out, const struct gv_policy_class of[GV_CLASSES])
{
	size_t i, k;

	gv_buf_addstr(out, "side\n");
	for (i = 0; i < GV_CLASSES; i++) {
		for (k = 0; k < of[i].paths.n; k++)
			gv_buf_addf(out, "path %s %s\n", gv_class_words[i],
			    of[i].paths.items[k]);
		for (k = 0; k < of[i].languages.n; k++)
			gv_buf_addf(out, "language %s %s\n", gv_class_words[i],
			    of[i].languages.items[k]);
	}
}

static bool
says_nothing(const struct gv_policy_class of[GV_CLASSES])
{
	static const struct gv_policy_class nothing;
	int64_t a[GV_CLASSES_KEEP], b[GV_CLASSES_KEEP];
	int i;

	gv_policy_class_keep(a, &nothing);
	for (i = 0; i < GV_CLASSES; i++) {
		const enum gv_class c = (enum gv_class)i;

		gv_policy_class_keep(b, &of[i]);
		if (of[i].paths.n || of[i].languages.n ||
		    memcmp(a, b, sizeof(a)) != 0 ||
		    gv_policy_class_every(&of[i], c) !=
			gv_policy_class_every(&nothing, c))
			return false;
	}
	return true;
}

int
gv_classes_text(
    struct gv_buf *out, const struct gv_policy_snapshots *policy, bool icase)
{
	int64_t keep[GV_CLASSES_KEEP];
	int i;

	if (says_nothing(policy->classes) && says_nothing(policy->classes_also))
		return 0;
	gv_buf_addstr(out, icase ? "icase\n" : "");
	for (i = 0; i < GV_CLASSES; i++) {
		gv_policy_class_keep(keep, &policy->classes[i]);
		gv_buf_addf(out,
		    "every %s %" PRId64 "\nkeep %s %" PRId64 " %" PRId64
		    " %" PRId64 " %" PRId64 "\n",
		    gv_class_words[i],
		    gv_policy_class_every(
			&policy->classes[i], (enum gv_class)i),
		    gv_class_words[i], keep[0], keep[1], keep[2], keep[3]);
	}
	add_side(out, policy->classes);
	if (policy->is_class_double)
		add_side(out, policy->classes_also);
	return gv_buf_check(out);
}

/* ---- reading ------------------------------------------------------------- */

struct reading {
	struct gv_classes *out;
	struct gv_buf patterns[2][GV_CLASSES]; /* as of an ignore file */
	bool icase;
};

static void
set_defaults(struct gv_classes *out)
{
	static const struct gv_policy_class nothing;
	int i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < GV_CLASSES; i++) {
		out->sides[0].languages[i] = (struct gv_buf)GV_BUF_INIT;
		out->sides[1].languages[i] = (struct gv_buf)GV_BUF_INIT;
		out->every[i] =
		    gv_policy_class_every(&nothing, (enum gv_class)i);
		gv_policy_class_keep(out->keep[i], &nothing);
	}
}

/* A number of seconds of at most some thousand years. */
static bool
take_number(int64_t *out, const char **text)
{
	const char *p = *text + (**text == ' ');
	const size_t n = strspn(p, "0123456789");

	if (n == 0 || n > 12)
		return false;
	*out = strtoll(p, NULL, 10);
	*text = p + n;
	return true;
}

static bool
read_numbers(int64_t *out, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!take_number(&out[i], &text))
			return false;
	return *text == '\0';
}

static bool
add_pattern(struct reading *r, enum gv_class class, const char *pattern)
{
	if (r->out->n == 0 || *pattern == '\0' || *pattern == '!')
		return false;
	gv_buf_addf(&r->patterns[r->out->n - 1][class], "%s%s\n",
	    *pattern == '#' ? "\\" : "", pattern);
	return true;
}

static bool
add_language(struct reading *r, enum gv_class class, const char *name)
{
	if (r->out->n == 0 || *name == '\0')
		return false;
	gv_buf_add(&r->out->sides[r->out->n - 1].languages[class], name,
	    strlen(name) + 1);
	return true;
}

/* The line is a string. */
static bool
read_line(struct reading *r, const char *line)
{
	const char *word = strchr(line, ' '), *rest;
	enum gv_class class;

	if (strcmp(line, "icase") == 0)
		return r->icase = true;
	if (strcmp(line, "side") == 0)
		return r->out->n < 2 && ++r->out->n;
	if (word == NULL || (rest = strchr(++word, ' ')) == NULL)
		return false;
	class = gv_class_find(word, (size_t)(rest - word));
	rest++;
	if (class == GV_CLASSES)
		return false;
	if (strncmp(line, "path ", 5) == 0)
		return add_pattern(r, class, rest);
	if (strncmp(line, "language ", 9) == 0)
		return add_language(r, class, rest);
	if (strncmp(line, "every ", 6) == 0)
		return read_numbers(&r->out->every[class], 1, rest) &&
		    r->out->every[class] > 0;
	return strncmp(line, "keep ", 5) == 0 &&
	    read_numbers(r->out->keep[class], GV_CLASSES_KEEP, rest);
}

static int
read_lines(struct reading *r, char *text, size_t len)
{
	char *p = text, *end = text + len, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL || memchr(p, '\0', (size_t)(nl - p)))
			break;
		*nl = '\0';
		if (!read_line(r, p))
			break;
	}
	return p == end
	    ? 0
	    : gv_err(GV_ECORRUPT, "the classes of files are damaged");
}

static int
make_levels(struct reading *r)
{
	size_t k, i;
	int rc = 0;

	for (k = 0; k < 2; k++)
		for (i = 0; rc == 0 && i < GV_CLASSES; i++) {
			const struct gv_buf *b = &r->patterns[k][i];

			rc = gv_buf_check(&r->out->sides[k].languages[i]);
			if (rc == 0 && (rc = gv_buf_check(b)) == 0 && b->len)
				rc = gv_ignore_level_new(
				    &r->out->sides[k].paths[i], NULL, 0,
				    &(struct gv_ignore_file){
					b->p, b->len, "classes", r->icase });
		}
	return rc;
}

int
gv_classes_read(struct gv_classes *out, const char *text, size_t len)
{
	struct reading r = { .out = out };
	struct gv_buf copy = GV_BUF_INIT;
	size_t i;
	int rc;

	set_defaults(out);
	for (i = 0; i < 2 * (size_t)GV_CLASSES; i++)
		r.patterns[i / GV_CLASSES][i % GV_CLASSES] =
		    (struct gv_buf)GV_BUF_INIT;
	gv_buf_add(&copy, text, len);
	if ((rc = gv_buf_check(&copy)) == 0 &&
	    (rc = read_lines(&r, copy.p, copy.len)) == 0)
		rc = make_levels(&r);
	for (i = 0; i < 2 * (size_t)GV_CLASSES; i++)
		gv_buf_release(&r.patterns[i / GV_CLASSES][i % GV_CLASSES]);
	gv_buf_release(&copy);
	if (rc < 0) {
		gv_classes_release(out);
		set_defaults(out);
	}
	return rc;
}

/* ---- asking -------------------------------------------------------------- */

static bool
has_language(const struct gv_buf *list, const char *name)
{
	const char *p;

	for (p = list->p; p < list->p + list->len; p += strlen(p) + 1)
		if (strcmp(p, name) == 0)
			return true;
	return false;
}

static const char *
match(const struct gv_ignore_level *level, const char *path, size_t len)
{
	struct gv_ignore_why why = { .pattern = NULL };
	size_t at = len, i;

	/* a pattern of a folder is about all that is in it */
	for (i = 0; level && i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		for (at = i; at > 0 && path[at - 1] != '/'; at--)
			;
		if (gv_ignore_match(level, path, i, at, i < len, &why) ==
		    GV_IGNORE_IGNORED)
			return why.pattern;
	}
	return NULL;
}

static enum gv_class
ask(const struct gv_classes_side *side, const char *path, size_t len,
    struct gv_classes_why *why)
{
	const char *slash, *name = path;
	int i;

	*why = (struct gv_classes_why){ .what = NULL };
	for (i = 0; i < GV_CLASSES; i++)
		if ((why->pattern = match(side->paths[i], path, len)) != NULL)
			return (enum gv_class)i;
	while ((slash = memchr(name, '/', (size_t)(path + len - name))) != NULL)
		name = slash + 1;
	why->language =
	    gv_makeup_language_of(name, (size_t)(path + len - name));
	for (i = 0; why->language && i < GV_CLASSES; i++)
		if (has_language(&side->languages[i], why->language))
			return (enum gv_class)i;
	why->language = NULL;
	return gv_class_of(path, len, &why->what);
}

enum gv_class
gv_classes_of(const struct gv_classes *classes, const char *path, size_t len,
    struct gv_classes_why *why)
{
	struct gv_classes_why first, second;
	enum gv_class a = ask(&classes->sides[0], path, len, &first), b;

	if (classes->n == 2 &&
	    (b = ask(&classes->sides[1], path, len, &second)) < a) {
		a = b;
		first = second;
	}
	if (why)
		*why = first;
	return a;
}

void
gv_classes_release(struct gv_classes *classes)
{
	size_t i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < GV_CLASSES; i++) {
			gv_ignore_level_free(classes->sides[k].paths[i]);
			gv_buf_release(&classes->sides[k].languages[i]);
		}
	memset(classes, 0, sizeof(*classes));
}

#include "plan/plan_fill.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "plan/plan.h"

#define ID_MAX 64 /* characters of a step's id */
#define DEEP   8  /* blocks in each other */

struct filler {
	struct gv_buf *out;
	const struct gv_plan_facts *facts;
	char base[ID_MAX + 1]; /* of `base`; "" for none */
	/* in a loop */
	const struct gv_plan_fact *part;
	const struct gv_plan_fact *all; /* of its kind */
	char prefix[ID_MAX + 1];
	unsigned depth;
};

/* A line without its LF. */
struct line {
	const char *p;
	size_t len;
};

static int emit(struct filler *f, const char *from, const char *to);

static bool
next_line(struct line *out, const char **at, const char *end)
{
	const char *lf;

	if (*at >= end)
		return false;
	lf = memchr(*at, '\n', (size_t)(end - *at));
	out->p = *at;
	out->len = (size_t)((lf ? lf : end) - *at);
	*at = lf ? lf + 1 : end;
	return true;
}

/* What a directive has behind its word; NULL: it is another one. */
static const char *
directive(const struct line *line, const char *word)
{
	const size_t n = strlen(word);

	if (line->len < 3 + n || memcmp(line->p, "#! ", 3) != 0 ||
	    memcmp(line->p + 3, word, n) != 0)
		return NULL;
	if (line->len == 3 + n)
		return line->p + line->len;
	return line->p[3 + n] == ' ' ? line->p + 4 + n : NULL;
}

static bool
next_word(char out[ID_MAX + 1], const char **at, const char *end)
{
	const char *p = *at;
	size_t n = 0;

	while (p < end && *p == ' ')
		p++;
	while (p < end && *p != ' ' && n < ID_MAX)
		out[n++] = *p++;
	out[n] = '\0';
	*at = p;
	return n > 0;
}

/* ---- values -------------------------------------------------------------- */

static bool
is_plain(const char *text)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_/";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ_/0123456789.-";
	/* words that YAML takes for something else */
	static const char *const odd[] = { "true", "false", "null", "yes", "no",
		"on", "off", "y", "n" };
	size_t i;

	if (*text == '\0' || strchr(first, *text) == NULL ||
	    text[strspn(text, others)] != '\0')
		return false;
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		if (strcasecmp(text, odd[i]) == 0)
			return false;
	return true;
}

static void
put_text(struct gv_buf *out, const char *text)
{
	if (is_plain(text)) {
		gv_buf_addstr(out, text);
		return;
	}
	gv_buf_addch(out, '"');
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			gv_buf_addf(out, "\\x%02x", (unsigned char)*text);
		else if (*text == '"' || *text == '\\')
			gv_buf_addf(out, "\\%c", *text);
		else
			gv_buf_addch(out, *text);
	}
	gv_buf_addch(out, '"');
}

/* The id of a step: the prefix and the name, by the letters that an id may
 * have. The number makes those differ that would be alike. */
static void
put_id(struct gv_buf *out, const struct gv_plan_fact *part,
    const struct gv_plan_fact *all, const char *prefix)
{
	char id[ID_MAX + 1];
	const char *p = part->name;
	size_t n = (size_t)snprintf(id, sizeof(id), "%.32s-", prefix);
	bool is_same = n + strlen(p) < ID_MAX - 8;

	for (; *p && n < ID_MAX - 8; p++) {
		const bool is_letter = (*p >= 'a' && *p <= 'z') ||
		    (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		    *p == '_' || *p == '-';

		id[n++] = is_letter ? *p : '-';
		/* "a/b", but not "a.b", which would be the same */
		is_same = is_same && (is_letter || *p == '/') && *p != '-';
	}
	id[n] = '\0';
	gv_buf_addstr(out, id);
	if (!is_same)
		gv_buf_addf(out, "-%u", (unsigned)(part - all) % 100000);
}

static void
put_needs(struct filler *f)
{
	const struct gv_plan_fact *part = f->part;
	size_t i;

	gv_buf_addch(f->out, '[');
	for (i = 0; part && i < part->n_needs; i++) {
		gv_buf_addstr(f->out, i ? ", " : "");
		put_id(f->out, &f->all[part->needs[i]], f->all, f->prefix);
	}
	if ((part == NULL || part->n_needs == 0) && *f->base)
		gv_buf_addstr(f->out, f->base);
	gv_buf_addch(f->out, ']');
}

static bool
needs(const struct gv_plan_fact *part, uint32_t which)
{
	size_t i;

	for (i = 0; i < part->n_needs; i++)
		if (part->needs[i] == which)
			return true;
	return false;
}

/* Those that need this one: steps in this order are taken back in the order of
 * what they need. */
static void
put_dependents(struct filler *f)
{
	const struct gv_plan_facts *facts = f->facts;
	const char *before = "";
	size_t i;

	gv_buf_addch(f->out, '[');
	for (i = 0; f->part && i < facts->n_components; i++) {
		if (!needs(&facts->components[i], (uint32_t)(f->part - f->all)))
			continue;
		gv_buf_addstr(f->out, before);
		put_id(f->out, &facts->components[i], f->all, f->prefix);
		before = ", ";
	}
	if (*before == '\0' && *f->base)
		gv_buf_addstr(f->out, f->base);
	gv_buf_addch(f->out, ']');
}

static void
put_span(struct gv_buf *out, int64_t seconds)
{
	const long long s = seconds;

	if (s % 86400 == 0)
		gv_buf_addf(out, "%lldd", s / 86400);
	else if (s % 3600 == 0)
		gv_buf_addf(out, "%lldh", s / 3600);
	else if (s % 60 == 0)
		gv_buf_addf(out, "%lldm", s / 60);
	else
		gv_buf_addf(out, "%llds", s);
}

/* The ids of all of a kind, of which each begins with the word behind ':'. */
static void
put_all(struct filler *f, const struct gv_plan_fact *all, size_t n,
    const char *prefix)
{
	size_t i;

	gv_buf_addch(f->out, '[');
	for (i = 0; i < n; i++) {
		gv_buf_addstr(f->out, i ? ", " : "");
		put_id(f->out, &all[i], all, prefix);
	}
	if (n == 0)
		gv_buf_addstr(f->out, f->base);
	gv_buf_addch(f->out, ']');
}

static void
put_paths(struct gv_buf *out, const char *const *paths)
{
	size_t i;

	gv_buf_addch(out, '[');
	for (i = 0; paths && paths[i]; i++) {
		gv_buf_addstr(out, i ? ", " : "");
		put_text(out, paths[i]);
	}
	gv_buf_addch(out, ']');
}

static const char *
part_value(const struct gv_plan_fact *part, const char *name)
{
	const char *slash;

	if (strcmp(name, "name") == 0 || strcmp(name, "stack") == 0)
		return part->name;
	if (strcmp(name, "dir") == 0)
		return part->dir;
	if (strcmp(name, "leaf") == 0) {
		slash = strrchr(part->name, '/');
		return slash ? slash + 1 : part->name;
	}
	if (strcmp(name, "values") == 0)
		return part->values;
	if (strcmp(name, "version") == 0)
		return part->version;
	return NULL;
}

static int
put_value(struct filler *f, const char *name)
{
	const struct gv_plan_facts *facts = f->facts;
	const char *text = f->part ? part_value(f->part, name) : NULL;

	if (text)
		put_text(f->out, text);
	else if (f->part && strcmp(name, "id") == 0)
		put_id(f->out, f->part, f->all, f->prefix);
	else if (f->part && strncmp(name, "id:", 3) == 0)
		put_id(f->out, f->part, f->all, name + 3);
	else if (strcmp(name, "needs") == 0)
		put_needs(f);
	else if (strcmp(name, "dependents") == 0)
		put_dependents(f);
	else if (strcmp(name, "playbook") == 0 && facts->playbook)
		put_text(f->out, facts->playbook);
	else if (strcmp(name, "env") == 0)
		gv_buf_addstr(f->out, facts->environment);
	else if (strcmp(name, "base") == 0)
		gv_buf_addf(f->out, "[%s]", f->base);
	else if (strcmp(name, "title") == 0 && facts->title)
		put_text(f->out, facts->title);
	else if (strcmp(name, "snapshot") == 0 && facts->snapshot)
		put_text(f->out, facts->snapshot);
	else if (strcmp(name, "into") == 0 && facts->into)
		put_text(f->out, facts->into);
	else if (strcmp(name, "as") == 0 && facts->as)
		put_text(f->out, facts->as);
	else if (strcmp(name, "paths") == 0)
		put_paths(f->out, facts->paths);
	else if (strcmp(name, "rto") == 0)
		put_span(f->out, facts->rto);
	else if (strcmp(name, "rpo") == 0)
		put_span(f->out, facts->rpo);
	else if (strncmp(name, "components:", 11) == 0)
		put_all(f, facts->components, facts->n_components, name + 11);
	else if (strncmp(name, "states:", 7) == 0)
		put_all(f, facts->states, facts->n_states, name + 7);
	else
		return gv_err(
		    GV_ENOTFOUND, "a template has the odd value @%s@", name);
	return 0;
}

static int
put_line(struct filler *f, const struct line *line)
{
	const char *p = line->p, *end = line->p + line->len, *at, *close;
	char name[ID_MAX + 1];
	int r;

	while ((at = memchr(p, '@', (size_t)(end - p))) != NULL &&
	    (close = memchr(at + 1, '@', (size_t)(end - at - 1))) != NULL &&
	    close - at <= ID_MAX) {
		gv_buf_add(f->out, p, (size_t)(at - p));
		(void)snprintf(
		    name, sizeof(name), "%.*s", (int)(close - at - 1), at + 1);
		if ((r = put_value(f, name)) < 0)
			return r;
		p = close + 1;
	}
	gv_buf_add(f->out, p, (size_t)(end - p));
	gv_buf_addch(f->out, '\n');
	return gv_buf_check(f->out);
}

/* ---- directives ---------------------------------------------------------- */

/* Where the block ends that begins at `at`: the line of its word; *behind is
 * behind that. */
static const char *
find_end(const char **behind, const char *at, const char *end,
    const char *begin, const char *word)
{
	struct line line;
	unsigned depth = 1;

	*behind = at;
	while (next_line(&line, behind, end)) {
		if (directive(&line, begin))
			depth++;
		else if (directive(&line, word) && --depth == 0)
			return line.p;
	}
	return NULL;
}

static bool
has(const struct filler *f, const char *name)
{
	const struct gv_plan_facts *facts = f->facts;
	size_t i;

	if (f->part)
		return (f->part->kind && strcmp(f->part->kind, name) == 0) ||
		    part_value(f->part, name) != NULL;
	if (strcmp(name, "component") == 0)
		return facts->n_components > 0;
	if (strcmp(name, "state") == 0)
		return facts->n_states > 0;
	if (strcmp(name, "paths") == 0)
		return facts->paths != NULL;
	if (strcmp(name, "into") == 0)
		return facts->into != NULL;
	if (strcmp(name, "as") == 0)
		return facts->as != NULL;
	if (strcmp(name, "replace") == 0)
		return facts->replaces;
	if (strcmp(name, "cross_scope") == 0)
		return facts->crosses;
	if (strcmp(name, "snapshot") == 0)
		return facts->snapshot != NULL;
	if (strcmp(name, "playbook") == 0)
		return facts->playbook != NULL;
	for (i = 0; i < facts->n_components; i++)
		if (strcmp(facts->components[i].kind, name) == 0)
			return true;
	return false;
}

static int
loop(struct filler *f, const char *args, const char *args_end, const char *from,
    const char *to)
{
	const struct gv_plan_facts *facts = f->facts;
	char kind[ID_MAX + 1];
	struct filler at = *f;
	size_t n, i;
	int r = 0;

	next_word(kind, &args, args_end);
	next_word(at.prefix, &args, args_end);
	at.all = facts->components;
	n = facts->n_components;
	if (strcmp(kind, "state") == 0) {
		at.all = facts->states;
		n = facts->n_states;
	}
	for (i = 0; r == 0 && i < n; i++) {
		at.part = &at.all[i];
		r = emit(&at, from, to);
	}
	return r;
}

static int
branch(struct filler *f, const char *args, const char *args_end,
    const char *from, const char *to)
{
	char name[ID_MAX + 1];

	while (next_word(name, &args, args_end))
		if (*name == '!' ? !has(f, name + 1) : has(f, name))
			return emit(f, from, to);
	return 0;
}

static int
use(struct filler *f, const char *args, const char *args_end)
{
	char name[ID_MAX + 1];
	const char *text;

	next_word(name, &args, args_end);
	text = f->facts->find ? f->facts->find(name) : NULL;
	if (text == NULL)
		return gv_err(GV_ENOTFOUND,
		    "a template uses '%s', which there is not", name);
	/* its first line says what it is */
	text += strcspn(text, "\n");
	return emit(f, text + (*text == '\n'), text + strlen(text));
}

static int
obey(
    struct filler *f, const struct line *line, const char **at, const char *end)
{
	static const char *const blocks[][2] = { { "for", "done" },
		{ "if", "fi" } };
	const char *args, *args_end = line->p + line->len, *from = *at, *to;
	size_t i;

	if ((args = directive(line, "base")) != NULL) {
		next_word(f->base, &args, args_end);
		return 0;
	}
	if ((args = directive(line, "use")) != NULL)
		return use(f, args, args_end);
	for (i = 0; i < 2; i++) {
		if ((args = directive(line, blocks[i][0])) == NULL)
			continue;
		to = find_end(at, from, end, blocks[i][0], blocks[i][1]);
		if (to == NULL)
			break;
		return (i ? branch : loop)(f, args, args_end, from, to);
	}
	return gv_err(GV_ENOTFOUND, "a template has the odd line %.*s",
	    (int)(line->len < 64 ? line->len : 64), line->p);
}

static int
emit(struct filler *f, const char *from, const char *to)
{
	struct line line;
	int r = 0;

	if (++f->depth > DEEP)
		return gv_err(GV_ENOTFOUND, "templates use each other");
	while (r == 0 && next_line(&line, &from, to))
		r = line.len >= 2 && memcmp(line.p, "#!", 2) == 0
		    ? obey(f, &line, &from, to)
		    : put_line(f, &line);
	f->depth--;
	return r;
}

int
gv_plan_fill(struct gv_buf *out, const char *template_text,
    const struct gv_plan_facts *facts)
{
	struct filler f = { .out = out, .facts = facts };

	if (!gv_plan_is_environment(facts->environment))
		return gv_err(GV_EREFUSED,
		    "a plan cannot be for the environment '%.64s': a name has "
		    "letters, digits, '.', '-' and '_'",
		    facts->environment);
	return emit(&f, template_text, template_text + strlen(template_text));
}

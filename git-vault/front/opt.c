#include "git-vault/front/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/err.h"
#include "base/near.h"
#include "base/vec.h"
#include "git-vault/front/opt_word.h"

/* Where the help stands in a usage line. */
#define HELP_COLUMN 28
#define WORD_MAX    64

/* An option that was found, and in which sense it was named. */
struct match {
	const struct gv_opt *opt;
	void *at; /* where its value goes */
	bool off; /* --no-NAME */
};

bool
gv_opt_has_value(const struct gv_opt *opt)
{
	return opt->type == GV_OPT_STRING || opt->type == GV_OPT_INT ||
	    opt->type == GV_OPT_LIST || opt->type == GV_OPT_CHOICE;
}

static bool
can_be_off(const struct gv_opt *opt)
{
	return opt->type != GV_OPT_INT &&
	    (opt->type != GV_OPT_CHOICE || opt->implied);
}

static void *
place(const struct gv_opt_set *set, const struct gv_opt *opt)
{
	return (char *)set->values + opt->at;
}

/* Write the long name of an option in one of its senses ("" where it has
 * none). */
static void
long_name(char out[WORD_MAX], const struct gv_opt *opt, bool off)
{
	bool negative = opt->name && strncmp(opt->name, "no-", 3) == 0;
	struct gv_buf b = GV_BUF_INIT;

	out[0] = '\0';
	if (opt->name == NULL || (off && !can_be_off(opt)))
		return;
	if (off && !negative)
		gv_buf_addstr(&b, "no-");
	gv_buf_addstr(&b, off && negative ? opt->name + 3 : opt->name);
	if (b.len < WORD_MAX)
		memcpy(out, b.p, b.len + 1);
	gv_buf_release(&b);
}

/* Every long name of every set, in both senses, to fn; stops where fn returns
 * true. */
static void
each_name(const struct gv_opt_parse *p,
    bool (*fn)(void *ctx, const char *name, const struct match *m), void *ctx)
{
	char name[WORD_MAX];
	int s, off;

	for (s = 0; s < p->n_sets; s++) {
		const struct gv_opt *o = p->sets[s].opts;

		for (; o && o->type != GV_OPT_END; o++)
			for (off = 0; off < 2; off++) {
				struct match m = { o, place(&p->sets[s], o),
					off };

				long_name(name, o, off);
				if (*name && fn(ctx, name, &m))
					return;
			}
	}
}

struct search {
	const char *word;
	size_t len;
	struct match found;
	char name[WORD_MAX];    /* of what was found */
	char another[WORD_MAX]; /* of what it could be as well */
	size_t distance;
};

/* `name` comes from long_name(), which leaves out what is too long. */
static void
set_word(char out[WORD_MAX], const char *name)
{
	memcpy(out, name, strlen(name) + 1);
}

static bool
search_name(void *ctx, const char *name, const struct match *m)
{
	struct search *s = ctx;

	if (strncmp(name, s->word, s->len) != 0)
		return false;
	if (name[s->len] == '\0') { /* whole, not abbreviated */
		s->found = *m;
		s->another[0] = '\0';
		return true;
	}
	if (s->found.opt == NULL) {
		s->found = *m;
		set_word(s->name, name);
	} else if (strcmp(name, s->name) != 0) {
		set_word(s->another, name);
	}
	return false;
}

static bool
search_nearest(void *ctx, const char *name, const struct match *m)
{
	struct search *s = ctx;
	const size_t n = strlen(name);
	size_t d =
	    gv_distance(name, n, s->word, strlen(s->word), s->distance - 1);

	(void)m;
	if (n > 3 && strncmp(s->word, name, n) == 0 && s->word[n] == '-')
		d = 1; /* --staged-only */
	if (d < s->distance) {
		s->distance = d;
		set_word(s->name, name);
	}
	return d == 0;
}

static bool
search_exact(void *ctx, const char *name, const struct match *m)
{
	struct search *s = ctx;

	(void)m;
	if (strcmp(name, s->word) == 0)
		s->distance = 0;
	return s->distance == 0;
}

/* What other tools call one of our options: the name that this command takes.
 */
static const char *
find_word(const struct gv_opt_parse *p, const char *word, size_t len)
{
	const char *name;
	size_t i;

	for (i = 0; (name = gv_opt_word(word, len, i)); i++) {
		struct search s = { .word = name, .distance = 1 };

		each_name(p, search_exact, &s);
		if (s.distance == 0)
			return name;
	}
	return NULL;
}

static int
unknown_letter(const struct gv_opt_parse *p, char letter)
{
	const char *name = find_word(p, &letter, 1);

	if (name)
		return gv_err(GV_EUSAGE,
		    "unknown option '-%c'; did you mean '--%s'?", letter, name);
	if (letter >= '0' && letter <= '9')
		return gv_err(GV_EUSAGE,
		    "unknown option '-%c'; an argument that begins with '-' "
		    "goes behind -- : -- -%c",
		    letter, letter);
	return gv_err(GV_EUSAGE, "unknown option '-%c'", letter);
}

static int
unknown(const struct gv_opt_parse *p, const char *arg, size_t len)
{
	char word[WORD_MAX] = "";
	struct search s = { .word = word, .distance = 2 + len / 4 };
	const char *name = find_word(p, arg + 2, len);

	if (len < WORD_MAX)
		memcpy(word, arg + 2, len);
	if (name)
		set_word(word, name);
	each_name(p, search_nearest, &s);
	if (*s.name)
		return gv_err(GV_EUSAGE,
		    "unknown option '%.*s'; did you mean '--%s'?", (int)len + 2,
		    arg, s.name);
	return gv_err(GV_EUSAGE, "unknown option '%.*s'", (int)len + 2, arg);
}

static int
store_int(const struct match *m, const char *value, const char *shown)
{
	uint64_t n, factor = 1;
	char *end;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (*end && strchr("kKmMgG", *end)) {
		factor = *end == 'k' || *end == 'K' ? 1 << 10
		    : *end == 'm' || *end == 'M'    ? 1 << 20
						    : 1 << 30;
		end++;
	}
	if (*value < '0' || *value > '9' || *end)
		return gv_err(GV_EUSAGE,
		    "option '%s' needs a number (k, m or g may follow it), not "
		    "'%s'",
		    shown, value);
	if (errno || n > INT64_MAX / factor)
		return gv_err(GV_EUSAGE,
		    "option '%s': %s is too large a number", shown, value);
	*(int64_t *)m->at = (int64_t)(n * factor);
	return 0;
}

static int
store_choice(const struct match *m, const char *value, const char *shown)
{
	struct gv_buf all = GV_BUF_INIT;
	struct gv_near near = gv_near_to(value, strlen(value));
	int i;

	for (i = 0; m->opt->choices[i]; i++) {
		const char *choice = m->opt->choices[i];

		gv_near_add(&near, choice, strlen(choice));
		if (strcmp(choice, value) == 0) {
			*(int *)m->at = i;
			gv_buf_release(&all);
			return 0;
		}
		gv_buf_addf(&all, "%s%s",
		    i == 0                       ? ""
			: m->opt->choices[i + 1] ? ", "
						 : " or ",
		    m->opt->choices[i]);
	}
	gv_err(GV_EUSAGE, "option '%s' takes %s, not '%s'%s%s%s", shown, all.p,
	    value, near.name ? "; did you mean '" : "",
	    near.name ? near.name : "", near.name ? "'?" : "");
	gv_buf_release(&all);
	return GV_EUSAGE;
}

static int
store_list(struct gv_opt_list *list, const char *value)
{
	int r = GV_GROW(list->items, list->n, list->cap);

	if (r == 0)
		list->items[list->n++] = value;
	return r;
}

/* Store the value; `shown` is the option as the user wrote it. */
static int
store(const struct match *m, const char *value, const char *shown)
{
	switch (m->opt->type) {
	case GV_OPT_BOOL:
		*(bool *)m->at = !m->off;
		return 0;
	case GV_OPT_TRI:
		*(int *)m->at = !m->off;
		return 0;
	case GV_OPT_COUNT:
		*(int *)m->at = m->off ? 0 : *(int *)m->at + 1;
		return 0;
	case GV_OPT_SET:
		*(int *)m->at = m->off ? 0 : m->opt->value;
		return 0;
	case GV_OPT_STRING:
		*(const char **)m->at = m->off ? NULL : value;
		return 0;
	case GV_OPT_INT:
		return store_int(m, value, shown);
	case GV_OPT_LIST:
		if (!m->off)
			return store_list(m->at, value);
		((struct gv_opt_list *)m->at)->n = 0;
		return 0;
	case GV_OPT_CHOICE:
		if (!m->off)
			return store_choice(m, value, shown);
		*(int *)m->at = 0;
		return 0;
	case GV_OPT_END:
	case GV_OPT_GROUP: /* nothing that is given */
		break;
	}
	return 0;
}

static int
needs_value(const struct gv_opt *opt, const char *shown)
{
	return gv_err(GV_EUSAGE, "option '%s' needs a value (%s)", shown,
	    opt->arg ? opt->arg : "VALUE");
}

/* One --NAME or --NAME=VALUE; *next is the argument behind it, taken (and set
 * to NULL) where it is the value. */
static int
parse_long(struct gv_opt_parse *p, const char *arg, const char **next)
{
	size_t len = strcspn(arg + 2, "=");
	const char *value = arg[2 + len] ? arg + 2 + len + 1 : NULL;
	struct search s = { .word = arg + 2, .len = len };
	char shown[WORD_MAX + 2];

	if (len == 0)
		return unknown(p, arg, len);
	each_name(p, search_name, &s);
	if (s.another[0])
		return gv_err(GV_EUSAGE,
		    "option '%.*s' is short for both '--%s' and '--%s'",
		    (int)len + 2, arg, s.name, s.another);
	if (s.found.opt == NULL && len == 4 && strncmp(arg, "--help", 6) == 0) {
		p->wish = GV_OPT_MANUAL;
		return 0;
	}
	if (s.found.opt == NULL)
		return unknown(p, arg, len);
	shown[0] = shown[1] = '-';
	long_name(shown + 2, s.found.opt, s.found.off);
	if (s.found.off || !gv_opt_has_value(s.found.opt)) {
		if (value)
			return gv_err(
			    GV_EUSAGE, "option '%s' takes no value", shown);
		return store(&s.found, NULL, shown);
	}
	if (value == NULL && s.found.opt->implied)
		value = s.found.opt->implied;
	if (value == NULL) {
		value = *next;
		*next = NULL;
	}
	return value ? store(&s.found, value, shown)
		     : needs_value(s.found.opt, shown);
}

static bool
find_letter(const struct gv_opt_parse *p, char letter, struct match *m)
{
	int s;

	for (s = 0; s < p->n_sets; s++) {
		const struct gv_opt *o = p->sets[s].opts;

		for (; o && o->type != GV_OPT_END; o++)
			if (o->letter == letter) {
				*m = (struct match){ o, place(&p->sets[s], o),
					false };
				return true;
			}
	}
	return false;
}

/* -5 is short for -n 5 if -n takes a number. */
static bool
is_count(const struct gv_opt_parse *p, const char *digits, struct match *m)
{
	return *digits && digits[strspn(digits, "0123456789")] == '\0' &&
	    find_letter(p, 'n', m) && m->opt->type == GV_OPT_INT;
}

/* A cluster of letters; the rest behind one that takes a value is its value.*/
static int
parse_short(struct gv_opt_parse *p, const char *arg, const char **next)
{
	struct match m;
	int r;

	if (is_count(p, arg + 1, &m))
		return store(&m, arg + 1, "-n");
	for (arg++; *arg; arg++) {
		char shown[3] = { '-', *arg, '\0' };
		const char *value;

		if (!find_letter(p, *arg, &m)) {
			if (*arg == 'h') {
				p->wish = GV_OPT_USAGE;
				return 0;
			}
			return unknown_letter(p, *arg);
		}
		if (!gv_opt_has_value(m.opt)) {
			r = store(&m, NULL, shown);
			if (r < 0)
				return r;
			continue;
		}
		value = arg[1] ? arg + 1 : m.opt->implied;
		if (value == NULL) {
			value = *next;
			*next = NULL;
		}
		return value ? store(&m, value, shown)
			     : needs_value(m.opt, shown);
	}
	return 0;
}

int
gv_opt_parse(struct gv_opt_parse *p, int argc, char **argv)
{
	int i, r;

	p->wish = GV_OPT_GO;
	p->argv = argv;
	p->argc = 0;
	p->dashes = -1;
	for (i = 0; i < argc && argv[i]; i++) {
		const char *next = argv[i + 1];
		bool had_next = next != NULL;

		if (strcmp(argv[i], "--") == 0) {
			p->dashes = p->argc;
			i++;
			break;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			if (p->stop)
				break;
			argv[p->argc++] = argv[i];
			continue;
		}
		r = argv[i][1] == '-' ? parse_long(p, argv[i], &next)
				      : parse_short(p, argv[i], &next);
		if (r < 0 || p->wish != GV_OPT_GO)
			return r;
		if (had_next && next == NULL)
			i++;
	}
	for (; i < argc; i++)
		argv[p->argc++] = argv[i];
	if (argv)
		argv[p->argc] = NULL;
	return 0;
}

void
gv_opt_release(const struct gv_opt *opts, void *values)
{
	const struct gv_opt *o;

	for (o = opts; o && values && o->type != GV_OPT_END; o++)
		if (o->type == GV_OPT_LIST) {
			struct gv_opt_list *list =
			    (void *)((char *)values + o->at);

			free(list->items);
			memset(list, 0, sizeof(*list));
		}
}

void
gv_opt_usage(struct gv_buf *out, const struct gv_opt *o)
{
	for (; o && o->type != GV_OPT_END; o++) {
		size_t start = out->len;

		if (o->type == GV_OPT_GROUP) {
			gv_buf_addf(out, "\n%s\n", o->help);
			continue;
		}
		gv_buf_addstr(out, "    ");
		if (o->letter)
			gv_buf_addf(
			    out, "-%c%s", o->letter, o->name ? ", " : "");
		if (o->name)
			gv_buf_addf(out, "--%s", o->name);
		if (gv_opt_has_value(o))
			gv_buf_addf(out, o->implied ? "[=%s]" : " %s",
			    o->arg ? o->arg : "VALUE");
		if (out->len - start > HELP_COLUMN - 2) {
			gv_buf_addch(out, '\n');
			start = out->len;
		}
		gv_buf_addf(out, "%*s%s\n",
		    (int)(HELP_COLUMN - (out->len - start)), "", o->help);
	}
}

#include "git-vault/about/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/place.h"

/* How far the words before the last one have been read. */
struct reading {
	struct gv_complete *out;
	const struct gv_opt *own, *globals;
	const struct gv_opt *pending;  /* the next word is its value */
	bool dashes;                   /* "--" came */
	const char *args[GV_CMD_ARGS]; /* the first of them */
	int n;
};

/* The kind of an argument by its name, for arguments without a kind in the
 * command's table. */
static const struct {
	const char *name;
	enum gv_opt_kind kind;
} names[] = {
	{ "BRANCH", GV_OPT_REF },
	{ "BUNDLE", GV_OPT_PATH },
	{ "COMMIT", GV_OPT_REF },
	{ "DIR", GV_OPT_DIR },
	{ "ENV", GV_OPT_ENV },
	{ "FILE", GV_OPT_PATH },
	{ "PATH", GV_OPT_PATH },
	{ "PATHSPEC", GV_OPT_PATH },
	{ "REMOTE", GV_OPT_REMOTE },
	{ "SCOPE", GV_OPT_SCOPE },
	{ "SNAP", GV_OPT_SNAPSHOT },
	{ "STACK", GV_OPT_STACK },
	{ "TAG", GV_OPT_TAG },
};

static enum gv_opt_kind
kind_of_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len &&
		    memcmp(names[i].name, name, len) == 0)
			return names[i].kind;
	return GV_OPT_ANY;
}

static enum gv_opt_kind
kind_of(const struct gv_opt *o)
{
	if (o->kind != GV_OPT_ANY || o->arg == NULL)
		return o->kind;
	return kind_of_name(o->arg, strcspn(o->arg, "|["));
}

/* ---- quoting ------------------------------------------------------------ */

/* What a backslash does inside double quotes; inside fish's single ones it
 * quotes only itself and the quote. */
static bool
is_escaped(char quote, char next, bool is_fish)
{
	if (next == '\0')
		return false;
	if (quote == '\'')
		return is_fish && (next == '\'' || next == '\\');
	return quote == '\0' || strchr("\"\\$`", next) != NULL;
}

void
gv_complete_unquote(char *word, bool is_fish)
{
	char *to = word, quote = '\0';

	for (; *word; word++) {
		if (*word == '\\' && is_escaped(quote, word[1], is_fish))
			*to++ = *++word;
		else if (*word == quote)
			quote = '\0';
		else if (quote == '\0' && (*word == '"' || *word == '\''))
			quote = *word;
		else
			*to++ = *word;
	}
	*to = '\0';
}

static int
copy_words(struct gv_complete *c, int argc, char *const *argv, bool is_fish)
{
	int i;

	c->words = calloc((size_t)argc + 1, sizeof(*c->words));
	if (c->words == NULL)
		return gv_err_nomem();
	for (i = 0; i < argc; i++) {
		c->words[i] = strdup(argv[i]);
		if (c->words[i] == NULL)
			return gv_err_nomem();
		c->n_words++;
		gv_complete_unquote(c->words[i], is_fish);
	}
	return 0;
}

/* ---- options ------------------------------------------------------------ */

/* The option of that long name: whole, or the only one that begins so. Sets
 * *n to how many begin so. */
static const struct gv_opt *
seek_name(const struct gv_opt *o, const char *name, size_t len, unsigned *n)
{
	const struct gv_opt *found = NULL;

	for (; o && o->type != GV_OPT_END; o++) {
		if (o->name == NULL || strncmp(o->name, name, len) != 0)
			continue;
		if (o->name[len] == '\0') {
			*n = 1;
			return o;
		}
		found = o;
		++*n;
	}
	return found;
}

static const struct gv_opt *
find_name(const struct reading *r, const char *name, size_t len)
{
	unsigned n = 0, others = 0;
	const struct gv_opt *o = seek_name(r->own, name, len, &n);
	const struct gv_opt *g = seek_name(r->globals, name, len, &others);

	if (o && n == 1 && (g == NULL || o->name[len] == '\0' || others == 0))
		return o;
	return g && others == 1 && (n == 0 || g->name[len] == '\0') ? g : NULL;
}

static const struct gv_opt *
find_letter(const struct reading *r, char letter)
{
	const struct gv_opt *const sets[] = { r->own, r->globals };
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		const struct gv_opt *o = sets[i];

		for (; o && o->type != GV_OPT_END; o++)
			if (o->letter == letter)
				return o;
	}
	return NULL;
}

/* Remember a value that says where to look for others. */
static int
note_value(struct reading *r, const struct gv_opt *o, const char *value)
{
	struct gv_opt_list *dirs = &r->out->dirs;
	int e;

	if (o->letter == 'C' && o->type == GV_OPT_LIST) {
		if ((e = GV_GROW(dirs->items, dirs->n, dirs->cap)) < 0)
			return e;
		dirs->items[dirs->n++] = value;
	} else if (kind_of(o) == GV_OPT_ENV) {
		r->out->env = value;
	} else if (kind_of(o) == GV_OPT_SNAPSHOT) {
		r->out->snap = value;
	}
	return 0;
}

/* --NAME or --NAME=VALUE. */
static int
take_long(struct reading *r, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct gv_opt *o = find_name(r, word, len);

	if (o == NULL || !gv_opt_has_value(o))
		return 0;
	if (word[len])
		return note_value(r, o, word + len + 1);
	if (o->implied == NULL)
		r->pending = o;
	return 0;
}

/* Letters; what follows one that takes a value is its value. */
static int
take_letters(struct reading *r, const char *p)
{
	const struct gv_opt *o;

	for (; *p; p++) {
		o = find_letter(r, *p);
		if (o == NULL || !gv_opt_has_value(o))
			continue;
		if (p[1])
			return note_value(r, o, p + 1);
		r->pending = o->implied ? NULL : o;
		return 0;
	}
	return 0;
}

static int
take_word(struct reading *r, const char *word, const struct gv_cmd *const *all,
    bool *is_known)
{
	const struct gv_opt *o = r->pending;

	if (o) {
		r->pending = NULL;
		return note_value(r, o, word);
	}
	if (r->out->cmd && !r->dashes && strcmp(word, "--") == 0) {
		r->dashes = true;
		return 0;
	}
	if (!r->dashes && word[0] == '-' && word[1])
		return word[1] == '-' ? take_long(r, word + 2)
				      : take_letters(r, word + 1);
	if (r->out->cmd == NULL) {
		r->out->cmd = gv_cmd_find(all, word);
		*is_known = r->out->cmd != NULL;
		if (*is_known) {
			r->own = r->out->cmd->opts;
			r->globals = gv_cmd_globals + GV_CMD_FRONT;
		}
		return 0;
	}
	if (r->n < GV_CMD_ARGS)
		r->args[r->n] = word;
	r->n++;
	return 0;
}

/* ---- arguments ---------------------------------------------------------- */

/* The end of a word of a usage, whose brackets may hold blanks. */
static const char *
word_end(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end && (depth > 0 || *p != ' '); p++)
		depth += (*p == '[' || *p == '(') - (*p == ']' || *p == ')');
	return p;
}

/* The n-th argument of a verb, by its line of the usage; *is_last where no
 * other follows it. NULL: it takes none. */
static const char *
find_argument(const struct gv_cmd *cmd, const char *p, const char *end, int n,
    size_t *len)
{
	const struct reading r = { .own = cmd->opts };
	const struct gv_opt *o;
	const char *found = NULL, *next;
	bool repeats = false;

	for (; p < end; p = next + (next < end)) {
		next = word_end(p, end);
		if (*p == '-') {
			o = p[1] == '-'
			    ? find_name(&r, p + 2, (size_t)(next - p) - 2)
			    : find_letter(&r, p[1]);
			if (o && gv_opt_has_value(o) && next < end)
				next = word_end(next + 1, end);
			continue;
		}
		if ((*p == '[' || *p == '(') && p[1] == '-')
			continue;
		while (p < next && (*p == '[' || *p == '('))
			p++;
		found = p;
		*len = strcspn(p, " ]|.)\n");
		repeats = next - p > 3 &&
		    (memcmp(next - 3, "...", 3) == 0 ||
			memcmp(next - 4, "...", 3) == 0);
		if (n-- == 0)
			return found;
	}
	return repeats ? found : NULL;
}

/* What a verb's n-th argument is. Names mean something else to each command:
 * an ID is that of a secret, a NAME that of somebody in the keyring. */
static enum gv_opt_kind
kind_of_verb(const struct gv_cmd *cmd, const char *verb, int n)
{
	const char *line, *name;
	size_t i, len;

	for (i = 0; (line = gv_cmd_verb(cmd, i, &len)) != NULL; i++)
		if (strlen(verb) == len && memcmp(line, verb, len) == 0)
			break;
	if (line == NULL)
		return GV_OPT_ANY;
	name = find_argument(cmd, line + len + (line[len] == ' '),
	    line + strcspn(line, "\n"), n, &len);
	if (name == NULL)
		return GV_OPT_ANY;
	if (strcmp(cmd->name, "secret") == 0 && len == 2 &&
	    memcmp(name, "ID", 2) == 0)
		return GV_OPT_SECRET;
	if (strcmp(cmd->name, "key") == 0 && len == 4 &&
	    memcmp(name, "NAME", 4) == 0)
		return GV_OPT_RECIPIENT;
	return kind_of_name(name, len);
}

static bool
is_path(enum gv_opt_kind kind)
{
	return kind == GV_OPT_PATH || kind == GV_OPT_INSIDE;
}

static enum gv_opt_kind
kind_of_argument(const struct reading *r)
{
	const struct gv_cmd *cmd = r->out->cmd;
	int i, n = 0;

	if (cmd->args[0] == GV_OPT_VERB)
		return kind_of_verb(cmd, r->args[0], r->n - 1);
	for (i = 0; i < GV_CMD_ARGS; i++)
		if (cmd->args[i] != GV_OPT_ANY)
			n = i + 1;
	/* behind "--" there are paths, where there are any */
	if (n && r->dashes && is_path(cmd->args[n - 1]))
		return cmd->args[n - 1];
	if (r->n < n)
		return cmd->args[r->n];
	return n && cmd->max_args < 0 ? cmd->args[n - 1] : GV_OPT_ANY;
}

/* SNAP:PATH and SNAP..SNAP in one word. */
static int
split_snapshot(struct reading *r)
{
	struct gv_complete *c = r->out;
	const struct gv_cmd *cmd = c->cmd;
	const char *inside = gv_place_path(c->typed);
	const char *dots = strstr(c->typed, "..");
	bool takes_path = false;
	int i;

	for (i = 1; i < GV_CMD_ARGS; i++)
		takes_path |= cmd->args[i] == GV_OPT_INSIDE;
	if (inside && takes_path) {
		gv_buf_add(&c->lead, c->typed, (size_t)(inside - c->typed));
		c->typed = inside;
		c->kind = GV_OPT_INSIDE;
		c->from_top = true;
	} else if (dots) {
		gv_buf_add(&c->lead, c->typed, (size_t)(dots - c->typed) + 2);
		c->typed = dots + 2;
	}
	return gv_buf_check(&c->lead);
}

static int
read_argument(struct reading *r)
{
	struct gv_complete *c = r->out;
	int i;

	if (c->cmd == NULL) {
		c->what = GV_COMPLETE_COMMAND;
		return 0;
	}
	if (r->n == 0 && c->cmd->args[0] == GV_OPT_VERB) {
		c->what = GV_COMPLETE_VERB;
		return 0;
	}
	c->kind = kind_of_argument(r);
	for (i = 0; i < r->n && i < GV_CMD_ARGS && c->snap == NULL; i++)
		if (c->cmd->args[i] == GV_OPT_SNAPSHOT)
			c->snap = r->args[i];
	for (i = 0; i < r->n && i < GV_CMD_ARGS && c->env == NULL; i++)
		if (c->cmd->args[i] == GV_OPT_ENV)
			c->env = r->args[i];
	return c->kind == GV_OPT_SNAPSHOT ? split_snapshot(r) : 0;
}

static void
set_value(struct gv_complete *c, const struct gv_opt *o)
{
	c->kind = kind_of(o);
	c->choices = o->type == GV_OPT_CHOICE ? o->choices : NULL;
}

static int
read_last(struct reading *r, const char *word)
{
	struct gv_complete *c = r->out;
	const struct gv_opt *o;
	size_t len = strcspn(word, "=");

	c->typed = word;
	if (r->pending) {
		set_value(c, r->pending);
		return 0;
	}
	if (r->dashes || *word != '-')
		return read_argument(r);
	if (word[1] != '-' || word[len] == '\0') {
		c->what = GV_COMPLETE_OPTION;
		return 0;
	}
	o = find_name(r, word + 2, len - 2);
	if (o && gv_opt_has_value(o))
		set_value(c, o);
	gv_buf_add(&c->lead, word, len + 1);
	c->typed = word + len + 1;
	return gv_buf_check(&c->lead);
}

int
gv_complete_read(struct gv_complete *out, const struct gv_cmd *const *all,
    int argc, char *const *argv, bool is_fish)
{
	struct reading r = { .out = out, .globals = gv_cmd_globals };
	bool is_known = true;
	int i, e;

	*out = (struct gv_complete){
		.what = GV_COMPLETE_VALUE, .lead = GV_BUF_INIT, .typed = ""
	};
	if ((e = copy_words(out, argc, argv, is_fish)) < 0)
		return e;
	for (i = 0; i + 1 < argc && is_known; i++)
		if ((e = take_word(&r, out->words[i], all, &is_known)) < 0)
			return e;
	return is_known && argc > 0 ? read_last(&r, out->words[argc - 1]) : 0;
}

void
gv_complete_release(struct gv_complete *c)
{
	if (c == NULL)
		return;
	while (c->n_words > 0)
		free(c->words[--c->n_words]);
	free(c->words);
	free(c->dirs.items);
	gv_buf_release(&c->lead);
	memset(c, 0, sizeof(*c));
	c->lead = (struct gv_buf)GV_BUF_INIT;
}

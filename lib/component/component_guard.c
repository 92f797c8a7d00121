#include "component/component_guard.h"

#include <string.h>
#include <strings.h>

void
gv_component_guard_init(
    struct gv_component_guard *guard, enum gv_component_guard_kind kind)
{
	memset(guard, 0, sizeof(*guard));
	guard->kind = kind;
	guard->is_new = true;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '$' ||
	    (unsigned char)c >= 0x80;
}

/* ---- SQLite -------------------------------------------------------------- */

/*
 * sqlite3 lets a statement read files by the table fsdir also in its safe mode,
 * and takes commands of its own where no statement is under way. `.dump` writes
 * few forms, of which none asks a table for anything. A view and a trigger do
 * when they are used, but then SQLite refuses fsdir, unless they are temporary.
 */
enum form {
	BEGIN,  /* of a statement */
	CREATE, /* of what is not known yet */
	PLAIN,  /* a table or an index */
	CODE,   /* a view */
	TRIGGER,
	INSERT,
	VALUES, /* of it */
	DELETE,
	PRAGMA,
	OTHER, /* that asks nothing */
};

static const char not_a_dump[] =
    "a statement that no dump has, and that could read files";

static bool
is_one(const char *word, const char *const *all)
{
	for (; *all; all++)
		if (strcasecmp(word, *all) == 0)
			return true;
	return false;
}

static const char *
begin(struct gv_component_guard *g, const char *word)
{
	static const char *const others[] = { "begin", "commit", "end",
		"rollback", "savepoint", "release", "analyze", NULL };

	if (strcasecmp(word, "create") == 0)
		g->form = CREATE;
	else if (strcasecmp(word, "insert") == 0)
		g->form = INSERT;
	else if (strcasecmp(word, "delete") == 0)
		g->form = DELETE;
	else if (strcasecmp(word, "pragma") == 0)
		g->form = PRAGMA;
	else if (is_one(word, others))
		g->form = OTHER;
	else
		return not_a_dump;
	return NULL;
}

static const char *
create(struct gv_component_guard *g, const char *word)
{
	static const char *const plain[] = { "table", "index", "unique", NULL };

	if (is_one(word, plain))
		g->form = PLAIN;
	else if (strcasecmp(word, "view") == 0)
		g->form = CODE;
	else if (strcasecmp(word, "trigger") == 0)
		g->form = TRIGGER;
	else
		return not_a_dump;
	return NULL;
}

/* A word in no quotes. */
static const char *
take_word(struct gv_component_guard *g, const char *word)
{
	static const char *const asks[] = { "select", "values", NULL };
	static const char *const literals[] = { "null", "replace", "char",
		"unistr", "x", NULL };
	static const char *const settings[] = { "pragma", "foreign_keys",
		"writable_schema", "application_id", "user_version", "on",
		"off", NULL };
	static const char *const deletes[] = { "delete", "from",
		"sqlite_sequence", NULL };
	bool is_good = true;

	switch ((enum form)g->form) {
	case BEGIN:
		return begin(g, word);
	case CREATE:
		return create(g, word);
	case PLAIN:
		is_good = !is_one(word, asks);
		break;
	case INSERT:
		if (strcasecmp(word, "values") == 0)
			g->form = VALUES;
		else
			is_good = !is_one(word, asks);
		break;
	case VALUES:
		is_good =
		    (*word >= '0' && *word <= '9') || is_one(word, literals);
		break;
	case DELETE:
		is_good = is_one(word, deletes);
		break;
	case PRAGMA:
		is_good =
		    (*word >= '0' && *word <= '9') || is_one(word, settings);
		break;
	case TRIGGER:
		if (g->is_end && strcasecmp(word, "end") == 0)
			g->form = OTHER;
		g->is_end = false;
		break;
	case CODE:
	case OTHER:
		break;
	}
	return is_good ? NULL : not_a_dump;
}

static const char *
end_word(struct gv_component_guard *g)
{
	const char *why;

	if (g->len == 0)
		return NULL;
	g->word[g->len < sizeof(g->word) ? g->len : sizeof(g->word) - 1] = '\0';
	g->line = g->line == 0 && strcasecmp(g->word, "go") == 0 ? 1 : 2;
	why = take_word(g, g->word);
	g->len = 0;
	return why;
}

/* A line "go" or "/" ends a statement for the program, and not for SQL. */
static const char *
end_line(struct gv_component_guard *g)
{
	const bool is_end = g->line == 1;

	g->line = 0;
	g->is_new = true;
	return is_end ? not_a_dump : NULL;
}

/* A sign that is no part of a word, in no quotes. */
static const char *
take_sign(struct gv_component_guard *g, char c)
{
	if (c == '\n')
		return end_line(g);
	if (c == ' ' || c == '\t' || c == '\r' || c == '\f')
		return NULL;
	if (c == '/' && g->line == 0)
		g->line = 1;
	else
		g->line = 2;
	if (c == ';') {
		g->is_end = g->form == TRIGGER;
		g->form = g->is_end ? TRIGGER : BEGIN;
		return NULL;
	}
	g->is_end = false;
	if (c == '\'' || c == '"' || c == '`' || c == '[')
		g->quote = c == '[' ? ']' : c;
	/* a name where a value belongs */
	if (g->form == VALUES && g->quote && c != '\'')
		return not_a_dump;
	return g->form == BEGIN ? not_a_dump : NULL;
}

static bool
begin_comment(struct gv_component_guard *g, char c)
{
	if (c == '-' && g->last == '-')
		g->quote = '\n';
	else if (c == '*' && g->last == '/')
		g->quote = '*';
	else
		return false;
	g->last = 0;
	return true;
}

/* What is within quotes or a comment; a quote that is doubled ends it and
 * begins it again. */
static const char *
take_quoted(struct gv_component_guard *g, char c)
{
	const char *why = NULL;

	if (g->quote == '*') {
		if (c == '/' && g->last == '*')
			g->quote = 0;
		g->last = g->quote ? c : 0;
	} else if (c == g->quote) {
		g->quote = 0;
		g->last = 0;
		if (c == '\n')
			why = end_line(g);
	}
	if (c == '\n')
		g->is_new = true;
	return why;
}

/* '-' and '/' may begin a comment: they count with the byte behind them. */
static const char *
take_open(struct gv_component_guard *g, char c)
{
	const char *why = NULL;
	const char held = g->last;

	if (is_word(c)) {
		if (held)
			why = take_sign(g, held);
		g->last = 0;
		if (g->len < sizeof(g->word) - 1)
			g->word[g->len] = c;
		g->len++;
		return why;
	}
	if ((why = end_word(g)))
		return why;
	if (held && begin_comment(g, c))
		return NULL;
	g->last = 0;
	if (held && (why = take_sign(g, held)))
		return why;
	if (c == '-' || c == '/') {
		g->last = c;
		return NULL;
	}
	return take_sign(g, c);
}

static const char *
take_sqlite(struct gv_component_guard *g, char c)
{
	/* within a statement or a text, it is a part of that */
	if (g->is_new && c == '.' && g->form == BEGIN)
		return "a line that begins with a dot, which the program would "
		       "run as a command";
	if (c == '\0')
		return "a byte that is 0, which no dump has";
	if (c != '\n')
		g->is_new = false;
	return g->quote ? take_quoted(g, c) : take_open(g, c);
}

/* ---- PostgreSQL ---------------------------------------------------------- */

/*
 * pg_dump begins with "\restrict KEY", and psql runs none of its own commands,
 * of which some run programs, until "\unrestrict KEY". The key is secret, and
 * the same for each dump of a component. In rows, a backslash is doubled; a
 * command has one, or another one behind commands without a name. In some
 * encodings of Asia the byte of a backslash is also the second half of a
 * character, so behind a byte of 0x80 or more it may be one backslash less. A
 * dump can change the encoding within, so this counts for all encodings.
 */
enum step {
	BEFORE,  /* comments */
	COMMENT, /* of these, or of those behind */
	COMMAND, /* the word of it */
	KEY,
	WITHIN,
	LAST,   /* the line of \unrestrict */
	BEHIND, /* comments */
};

static const char unrestricted[] =
    "commands of psql, which may run programs: it is not restricted";

static const char *
take_before(struct gv_component_guard *g, char c)
{
	static const char word[] = "\\restrict ";

	if (g->step == COMMENT) {
		if (c == '\n')
			g->step = *g->key ? BEHIND : BEFORE;
		return NULL;
	}
	if (g->step == COMMAND) {
		if (c != word[g->len++])
			return unrestricted;
		if (word[g->len] == '\0')
			g->step = KEY;
		return NULL;
	}
	if (c == '\\' && g->step == BEFORE) {
		g->step = COMMAND;
		g->len = 1;
		return NULL;
	}
	if (c == '-') {
		if (g->last == '-')
			g->step = COMMENT;
		g->last = g->last == '-' ? 0 : '-';
		return NULL;
	}
	return (c == '\n' || c == '\r') && g->last == 0 ? NULL : unrestricted;
}

static const char *
take_key(struct gv_component_guard *g, char c)
{
	if (c == '\n' && g->seen >= 16) {
		g->step = WITHIN;
		g->seen = g->len = 0;
		return NULL;
	}
	if (!is_word(c) || g->seen == sizeof(g->key) - 1)
		return unrestricted;
	g->key[g->seen++] = c;
	return NULL;
}

static const char *
take_within(struct gv_component_guard *g, char c)
{
	static const char word[] = "unrestrict";

	if (c == '\\') {
		g->len++;
		g->seen = 0;
		return NULL;
	}
	if (g->len % 2 || (g->len && (unsigned char)g->last >= 0x80) || g->seen)
		g->seen = c == word[g->seen] ? g->seen + 1 : 0;
	g->len = 0;
	g->last = c;
	if (word[g->seen] == '\0') {
		g->step = LAST;
		g->seen = 0;
		g->last = 0;
	}
	return NULL;
}

/* " KEY" and the end of the line; nothing but comments may follow. */
static const char *
take_last(struct gv_component_guard *g, char c)
{
	const char wanted = g->len == 0 ? ' ' : g->key[g->len - 1];

	if (wanted == '\0') {
		g->step = BEHIND;
		return c == '\n' ? NULL : unrestricted;
	}
	g->len++;
	return c == wanted ? NULL : unrestricted;
}

static const char *
take_pg(struct gv_component_guard *g, char c)
{
	if (c == '\0')
		return "a byte that is 0, which no dump has";
	switch ((enum step)g->step) {
	case KEY:
		return take_key(g, c);
	case WITHIN:
		return take_within(g, c);
	case LAST:
		return take_last(g, c);
	case BEFORE:
	case COMMENT:
	case COMMAND:
	case BEHIND:
	default:
		return take_before(g, c);
	}
}

const char *
gv_component_guard_take(
    struct gv_component_guard *guard, const char *data, size_t len)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; why == NULL && i < len; i++)
		if (guard->kind == GV_COMPONENT_GUARD_SQLITE)
			why = take_sqlite(guard, data[i]);
		else if (guard->kind == GV_COMPONENT_GUARD_PG)
			why = take_pg(guard, data[i]);
	return why;
}

const char *
gv_component_guard_first(struct gv_component_guard *guard, bool *is_open,
    const char *word, const char *data, size_t len)
{
	const char *why = gv_component_guard_take(guard, data, len);

	*is_open =
	    why && guard->kind == GV_COMPONENT_GUARD_PG && guard->step < WITHIN;
	if (!*is_open)
		return why;
	gv_component_guard_init(guard, GV_COMPONENT_GUARD_PG);
	memcpy(guard->key, word, strnlen(word, sizeof(guard->key) - 1));
	guard->step = WITHIN;
	return gv_component_guard_take(guard, data, len);
}

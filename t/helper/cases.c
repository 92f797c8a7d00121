#include "helper/cases.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "helper/example.h"
#include "sys/file.h"

#define FILE_MAX  (1 << 22)
#define MARKS_MAX 256
#define WORDS_MAX 64

enum encoding {
	PLAIN,
	UTF16LE,
	UTF16BE,
	PERCENT, /* the values only */
	HEX,
	JSON,
};

/* What a text is made for. */
enum purpose {
	CASE,     /* itself */
	CARRIER,  /* a value */
	WRAPPING, /* another text */
};

struct cases_case {
	char *group, *path, *text;
	const char *validator;
	unsigned times;
	enum encoding encoding;
	enum purpose purpose;
	bool has_bom, has_crlf;
	bool seals; /* whatever stands here is a secret */
};

struct cases_list {
	char *name, *words[WORDS_MAX];
	size_t n;
};

static unsigned
draw(uint64_t *seed, size_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((*seed >> 33) % n);
}

/* --- reading --- */

static void *
more(void *array, size_t n, size_t size)
{
	array = realloc(array, (n + 1) * size);
	if (array == NULL)
		abort();
	memset((char *)array + n * size, 0, size);
	return array;
}

/* list NAME WORD… */
static bool
read_list(struct cases *cases, char *line)
{
	struct cases_list *list;
	char *save = NULL, *word;

	cases->lists =
	    more(cases->lists, cases->n_lists, sizeof(*cases->lists));
	list = &cases->lists[cases->n_lists++];
	list->name = strtok_r(line, " ", &save);
	while ((word = strtok_r(NULL, " ", &save)) && list->n < WORDS_MAX)
		list->words[list->n++] = word;
	return list->n > 0 && word == NULL;
}

/* token KIND NAME VALIDATOR TEMPLATE, '-' for no validator */
static bool
read_token(struct cases *cases, char *line)
{
	struct cases_token *token;
	char *save = NULL;

	cases->tokens =
	    more(cases->tokens, cases->n_tokens, sizeof(*cases->tokens));
	token = &cases->tokens[cases->n_tokens++];
	token->kind = strtok_r(line, " ", &save);
	token->name = strtok_r(NULL, " ", &save);
	token->validator = strtok_r(NULL, " ", &save);
	token->template = save;
	token->label = token->name;
	if (token->validator && strcmp(token->validator, "-") == 0)
		token->validator = NULL;
	return token->template && *token->template;
}

static bool
read_option(struct cases_case *c, const char *word)
{
	if (*word == 'x')
		c->times = (unsigned)strtoul(word + 1, NULL, 10);
	else if (strncmp(word, "sum=", 4) == 0)
		c->validator = word + 4;
	else if (strcmp(word, "utf16le") == 0)
		c->encoding = UTF16LE;
	else if (strcmp(word, "utf16be") == 0)
		c->encoding = UTF16BE;
	else if (strcmp(word, "percent") == 0)
		c->encoding = PERCENT;
	else if (strcmp(word, "hex") == 0)
		c->encoding = HEX;
	else if (strcmp(word, "json") == 0)
		c->encoding = JSON;
	else if (strcmp(word, "seals") == 0)
		c->seals = true;
	else if (strcmp(word, "bom") == 0)
		c->has_bom = true;
	else if (strcmp(word, "crlf") == 0)
		c->has_crlf = true;
	else
		return false;
	return true;
}

/* case GROUP PATH OPTION…, and so carriers and wrappings; the text follows. */
static bool
read_case(struct cases *cases, char *line, enum purpose purpose)
{
	struct cases_case *c;
	char *save = NULL, *word;

	cases->cases = more(cases->cases, cases->n, sizeof(*cases->cases));
	c = &cases->cases[cases->n++];
	c->times = 1;
	c->purpose = purpose;
	c->group = strtok_r(line, " ", &save);
	c->path = strtok_r(NULL, " ", &save);
	while ((word = strtok_r(NULL, " ", &save)))
		if (!read_option(c, word))
			return false;
	return c->path != NULL;
}

static bool
read_line(struct cases *cases, char *line)
{
	if (strncmp(line, "list ", 5) == 0)
		return read_list(cases, line + 5);
	if (strncmp(line, "token ", 6) == 0)
		return read_token(cases, line + 6);
	if (strncmp(line, "carrier ", 8) == 0)
		return read_case(cases, line + 8, CARRIER);
	if (strncmp(line, "wrapping ", 9) == 0)
		return read_case(cases, line + 9, WRAPPING);
	return strncmp(line, "case ", 5) == 0 &&
	    read_case(cases, line + 5, CASE);
}

static int
read_text(struct cases *cases, const char *path, char *p)
{
	static const char head[] = "=== ";
	unsigned number = 1;
	char *nl;

	for (; *p; p = nl + 1, number++) {
		nl = p + strcspn(p, "\n");
		if (strncmp(p, head, sizeof(head) - 1) != 0) {
			if (*nl == '\0')
				break;
			continue;
		}
		/* the text before ends here */
		if (*nl == '\0')
			return gv_err(
			    GV_EREFUSED, "%s:%u: no text", path, number);
		*nl = *p = '\0';
		if (!read_line(cases, p + sizeof(head) - 1))
			return gv_err(GV_EREFUSED,
			    "%s:%u: no case, carrier, "
			    "wrapping, list or token",
			    path, number);
		if (cases->n && cases->cases[cases->n - 1].text == NULL)
			cases->cases[cases->n - 1].text = nl + 1;
	}
	return 0;
}

int
cases_read(struct cases *cases, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, FILE_MAX);

	if (r < 0)
		return r;
	cases->files =
	    more(cases->files, cases->n_files, sizeof(*cases->files));
	cases->files[cases->n_files] = gv_buf_take(&text);
	return read_text(cases, path, cases->files[cases->n_files++]);
}

void
cases_release(struct cases *cases)
{
	while (cases->n_files > 0)
		free(cases->files[--cases->n_files]);
	free(cases->files);
	free(cases->cases);
	free(cases->tokens);
	free(cases->lists);
	memset(cases, 0, sizeof(*cases));
}

/* --- making --- */

/* Where a template ends that begins with this brace, or NULL: in a case every
 * other brace is itself. */
static const char *
template_end(const char *p, const char *end)
{
	static const char *const words[] = { "uuid}", "crc32}", "base64:" };
	const char *q = p + 1;
	int depth = 0;
	size_t i;

	for (i = 0; i < 3; i++)
		if (strncmp(q, words[i], strlen(words[i])) == 0)
			break;
	if (i == 3) {
		while (q < end && isalnum((unsigned char)*q))
			q++;
		if (q == p + 1 || q + 1 >= end || *q != '*' ||
		    !isdigit((unsigned char)q[1]))
			return NULL;
	}
	for (; p < end; p++) {
		depth += *p == '{';
		depth -= *p == '}';
		if (depth == 0)
			return p + 1;
	}
	return NULL;
}

static int
expand(struct gv_buf *out, const char *p, size_t len, const char *validator,
    uint64_t *seed)
{
	struct gv_buf template = GV_BUF_INIT;
	const char *end = p + len, *to;
	char *text;

	while (p < end) {
		to = *p == '{' ? template_end(p, end) : NULL;
		if (to == NULL) {
			gv_buf_addstr(&template, *p == '{' ? "{" : "");
			gv_buf_addch(&template, *p++);
		} else {
			gv_buf_add(&template, p, (size_t)(to - p));
			p = to;
		}
	}
	text = example_expand(template.p, validator, seed);
	if (text == NULL) {
		gv_err(GV_EREFUSED, "'%.60s' is no template", template.p);
		gv_buf_release(&template);
		return GV_EREFUSED;
	}
	gv_buf_addstr(out, text);
	free(text);
	gv_buf_release(&template);
	return 0;
}

/* Text of lines, each behind as many blanks as the first. */
static void
add_lines(struct gv_buf *out, const char *p, const char *line)
{
	int indent = (int)strspn(line, " ");

	for (; *p; p++) {
		gv_buf_addch(out, *p);
		if (*p == '\n')
			gv_buf_addf(out, "%*s", indent, "");
	}
}

/* Where the last line begins. */
static const char *
last_line(const struct gv_buf *out)
{
	size_t at = out->len;

	while (at > 0 && out->p[at - 1] != '\n')
		at--;
	return out->p + at;
}

/* @name@ and @value@ are of the token, @LIST@ is a word of the list. */
static void
add_word(struct gv_buf *out, const struct cases *cases,
    const struct cases_token *token, const char *p, size_t len, uint64_t *seed)
{
	const char *q;
	size_t i;

	if (token && len == 5 && memcmp(p, "value", 5) == 0) {
		gv_buf_add(out, "", 0);
		add_lines(out, token->template, last_line(out));
		return;
	}
	if (token && len == 4 && memcmp(p, "name", 4) == 0) {
		for (q = token->name; *q; q++)
			gv_buf_addch(out, *q == '-' ? '_' : *q);
		return;
	}
	for (i = 0; i < cases->n_lists; i++) {
		const struct cases_list *list = &cases->lists[i];

		if (strlen(list->name) == len &&
		    memcmp(list->name, p, len) == 0) {
			gv_buf_addstr(out, list->words[draw(seed, list->n)]);
			return;
		}
	}
	gv_buf_addch(out, '@');
	gv_buf_add(out, p, len);
	gv_buf_addch(out, '@');
}

/* The text of a case with the words of lists in it. */
static void
substitute(struct gv_buf *out, const struct cases *cases,
    const struct cases_case *c, const struct cases_token *token, uint64_t *seed)
{
	const char *p = c->text, *q;

	if (c->has_bom)
		gv_buf_addstr(out, "\xef\xbb\xbf");
	for (; *p; p++) {
		for (q = p + 1; *p == '@' &&
		     (islower((unsigned char)*q) || *q == '_' ||
			 isdigit((unsigned char)*q));)
			q++;
		if (*p == '@' && *q == '@' && q > p + 1) {
			add_word(out, cases, token, p + 1, (size_t)(q - p - 1),
			    seed);
			p = q;
		} else if (*p == '\n' && c->has_crlf) {
			gv_buf_addstr(out, "\r\n");
		} else {
			gv_buf_addch(out, *p);
		}
	}
}

static void
encode(struct gv_buf *out, size_t from, enum encoding encoding)
{
	char *plain = strdup(out->p + from);
	const char *p;

	gv_buf_truncate(out, from);
	for (p = plain; *p; p++) {
		if (encoding != JSON)
			gv_buf_addf(out, encoding == HEX ? "%02x" : "%%%02X",
			    (unsigned)(unsigned char)*p);
		else if (*p == '\n')
			gv_buf_addstr(out, "\\n");
		else
			gv_buf_addf(
			    out, strchr("\"\\", *p) ? "\\%c" : "%c", *p);
	}
	free(plain);
}

/* A mark begins or ends here: «secret», ‹decoy›. Its length. */
static size_t
is_mark(const char *p, bool *is_decoy, bool *begins)
{
	static const char *const marks[] = { "«", "»", "‹", "›" };
	size_t i;

	for (i = 0; i < 4; i++)
		if (strncmp(p, marks[i], strlen(marks[i])) == 0) {
			*is_decoy = i >= 2;
			*begins = i % 2 == 0;
			return strlen(marks[i]);
		}
	return 0;
}

static void
widen(struct gv_buf *out, struct cases_mark *marks, size_t n, bool is_big)
{
	char *plain = strndup(out->p, out->len);
	const char *p;
	size_t i;

	gv_buf_reset(out);
	gv_buf_add(out, is_big ? "\xfe\xff" : "\xff\xfe", 2);
	for (p = plain; *p; p++) {
		gv_buf_addch(out, is_big ? '\0' : *p);
		gv_buf_addch(out, is_big ? *p : '\0');
	}
	for (i = 0; i < n; i++) {
		marks[i].at = marks[i].at * 2 + 2;
		marks[i].len *= 2;
	}
	free(plain);
}

struct made {
	struct cases_mark marks[MARKS_MAX];
	size_t n;
	const char *validator;
};

/* Expand what lies between marks, and note where they come to stand. */
static int
make(struct gv_buf *out, struct made *made, const char *template,
    const struct cases_case *c, uint64_t *seed)
{
	const char *p = template, *from = p;
	bool is_decoy = false, begins = false;
	size_t len, opened = 0;
	int r = 0;

	for (; r == 0 && *p; p++) {
		len = is_mark(p, &is_decoy, &begins);
		if (len == 0)
			continue;
		r = expand(
		    out, from, (size_t)(p - from), made->validator, seed);
		if (!begins && c->encoding >= PERCENT)
			encode(out, opened, c->encoding);
		if (begins)
			opened = out->len;
		else if (made->n < MARKS_MAX)
			made->marks[made->n++] = (struct cases_mark){ opened,
				out->len - opened, is_decoy };
		from = p + len;
		p = from - 1;
	}
	if (r == 0)
		r = expand(
		    out, from, (size_t)(p - from), made->validator, seed);
	if (c->encoding == UTF16LE || c->encoding == UTF16BE)
		widen(out, made->marks, made->n, c->encoding == UTF16BE);
	return r;
}

static bool
is_decoy_kind(const char *kind)
{
	return strcmp(kind, "public") == 0 || strcmp(kind, "decoy") == 0;
}

static int
make_text(const struct cases *cases, const struct cases_case *c,
    const struct cases_token *token, uint64_t *seed, cases_fn fn, void *ctx)
{
	struct gv_buf template = GV_BUF_INIT, out = GV_BUF_INIT;
	struct made made = { .validator =
				 token ? token->validator : c->validator };
	struct cases_text text = { .kind = c->purpose == CASE ? "format"
							      : "carrier",
		.group = c->group,
		.named = token ? token->kind : NULL,
		.name = token ? token->label : NULL,
		.path = c->path,
		.marks = made.marks };
	bool is_decoy = token && is_decoy_kind(token->kind);
	size_t i;
	int r;

	substitute(&template, cases, c, token, seed);
	r = make(&out, &made, template.p, c, seed);
	text.n = made.n;
	for (i = 0; i < text.n; i++)
		made.marks[i].is_decoy |= is_decoy;
	text.p = out.p;
	text.len = out.len;
	r = r < 0 ? gv_err_in(r, "case %s", c->group) : fn(ctx, &text);
	gv_buf_release(&template);
	gv_buf_release(&out);
	return r;
}

int
cases_carry(const struct cases *cases, const struct cases_token *token,
    uint64_t *seed, cases_fn fn, void *ctx)
{
	const struct cases_case *c;
	bool is_decoy = is_decoy_kind(token->kind);
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < cases->n; i++) {
		c = &cases->cases[i];
		if (c->purpose == (token->is_text ? WRAPPING : CARRIER) &&
		    !(c->seals && is_decoy))
			r = make_text(cases, c, token, seed, fn, ctx);
	}
	return r;
}

int
cases_each(const struct cases *cases, unsigned times, uint64_t *seed,
    cases_fn fn, void *ctx)
{
	unsigned n;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < cases->n; i++)
		for (n = 0; r == 0 && cases->cases[i].purpose == CASE &&
		     n < cases->cases[i].times * times;
		     n++)
			r = make_text(
			    cases, &cases->cases[i], NULL, seed, fn, ctx);
	for (i = 0; r == 0 && i < cases->n_tokens; i++)
		for (n = 0; r == 0 && n < times; n++)
			r = cases_carry(
			    cases, &cases->tokens[i], seed, fn, ctx);
	return r;
}

#include "scan/account.h"

#include <stdbool.h>
#include <string.h>

#include "lex/ascii.h"

#define READ_MAX    65536 /* bytes behind the word */
#define PIPE_MAX    24    /* and from a pipe to it: "| sudo /usr/sbin/" */
#define OPTIONS_MAX 160   /* from a pipe to an option that reads a secret */
#define PRINT_MAX   32    /* from echo to what it prints */
#define USER_MAX    32
#define PASS_MAX    256

struct reader {
	const char *p;
	size_t at, end;
	gv_account_fn fn;
	void *ctx;
};

static size_t
line_end(const struct reader *r, size_t at)
{
	const char *nl = memchr(r->p + at, '\n', r->end - at);

	return nl ? (size_t)(nl - r->p) : r->end;
}

static size_t
skip_blanks(const struct reader *r, size_t at)
{
	while (at < r->end && gv_ascii_is_blank(r->p[at]))
		at++;
	return at;
}

static bool
is_here(const struct reader *r, size_t at, const char *word)
{
	size_t n = strlen(word);

	return r->end - at >= n && memcmp(r->p + at, word, n) == 0;
}

static bool
is_quote(char ch)
{
	return ch == '"' || ch == '\'';
}

/* "user:password" from `at` on, up to a blank, a quote or the end. */
static int
read_account(const struct reader *r, size_t at, size_t end)
{
	struct gv_account a = { .name = at };
	size_t i = at;

	while (i < end && gv_ascii_is_name(r->p[i]))
		i++;
	a.name_len = i - at;
	if (a.name_len == 0 || a.name_len > USER_MAX || i == end ||
	    r->p[i] != ':')
		return 0;
	a.value = ++i;
	while (i < end && i - a.value < PASS_MAX &&
	    !gv_ascii_is_space(r->p[i]) && !is_quote(r->p[i]) &&
	    r->p[i] != '\\')
		i++;
	a.value_len = i - a.value;
	/* $6$… is found for what it is, $PASSWORD and RANDOM are not passwords
	 */
	if (a.value_len < 4 || r->p[a.value] == '$' ||
	    (a.value_len == 6 && is_here(r, a.value, "RANDOM")))
		return 0;
	return r->fn(r->ctx, &a);
}

/* The lines from `at` on that are indented more than `indent`, as items of a
 * list or as they are. */
static int
read_lines(struct reader *r, size_t at, size_t indent)
{
	int e = 0;

	while (e == 0 && at < r->end) {
		size_t end = line_end(r, at), from = skip_blanks(r, at);

		if (from < end && !gv_ascii_is_eol(r->p[from])) {
			bool is_item = is_here(r, from, "- ");

			if (from - at + is_item <= indent)
				break;
			from = is_item ? skip_blanks(r, from + 2) : from;
			from += is_quote(r->p[from]);
			e = read_account(r, from, end);
		}
		r->at = at = end < r->end ? end + 1 : end;
	}
	return e;
}

/* The key "list" among the lines that are indented more than "chpasswd:". */
static int
read_yaml(struct reader *r, size_t word, size_t colon)
{
	size_t from = word, indent, at = skip_blanks(r, colon + 1);

	if (at == r->end || !gv_ascii_is_eol(r->p[at]))
		return 0;
	at = line_end(r, at);
	while (from > 0 && gv_ascii_is_blank(r->p[from - 1]))
		from--;
	indent = word - from;
	while (at < r->end) {
		size_t end = line_end(r, ++at), in = skip_blanks(r, at);

		r->at = at;
		if (in < end && in - at <= indent)
			break;
		if (is_here(r, in, "list:"))
			return end < r->end ? read_lines(r, end + 1, in - at)
					    : 0;
		at = end;
	}
	return 0;
}

/* <<WORD, <<'WORD' and the lines up to it, or <<< and what stands there. */
static int
read_here(struct reader *r, size_t at)
{
	size_t word, n = 0, end;
	int e = 0;

	if (is_here(r, at, "<<<")) {
		at = skip_blanks(r, at + 3);
		at += at < r->end && is_quote(r->p[at]);
		return read_account(r, at, r->end);
	}
	for (at += 2; at < r->end && !gv_ascii_is_name(r->p[at]) &&
	     !gv_ascii_is_eol(r->p[at]);
	     at++)
		;
	word = at;
	while (word + n < r->end && gv_ascii_is_name(r->p[word + n]))
		n++;
	r->at = at = line_end(r, word);
	while (e == 0 && n && at < r->end) {
		at = skip_blanks(r, at + 1);
		end = line_end(r, at);
		r->at = at;
		if (end - at >= n && memcmp(r->p + at, r->p + word, n) == 0)
			break;
		e = read_account(r, at, end);
		at = end;
	}
	return e;
}

/* All between `at` and the end is the password. */
static int
read_word(const struct reader *r, size_t at, size_t end)
{
	struct gv_account a = {
		.name = at, .value = at, .value_len = end - at
	};

	if (a.value_len < 4 || r->p[at] == '$')
		return 0;
	return r->fn(r->ctx, &a);
}

/* Whether a command prints the word at `at`: cat prints the file of that name.
 */
static bool
is_printed(const char *p, size_t at)
{
	size_t from = at;

	while (from > 0 && at - from < PRINT_MAX &&
	    !gv_ascii_is_eol(p[from - 1]) && p[from - 1] != '|')
		from--;
	return memmem(p + from, at - from, "echo ", 5) ||
	    memmem(p + from, at - from, "printf ", 7);
}

/* echo "user:password" | chpasswd, echo "password" | passwd --stdin, and so
 * many others: what is in front of the pipe. */
static int
read_pipe(struct reader *r, size_t word)
{
	const char *p = r->p;
	const bool is_account = is_here(r, word, "chpasswd");
	const size_t most = is_account ? PIPE_MAX : OPTIONS_MAX;
	size_t at = word, end;

	while (at > 0 && word - at < most && p[at - 1] != '|' &&
	    !gv_ascii_is_eol(p[at - 1]) &&
	    (!is_account || gv_ascii_is_name(p[at - 1]) ||
		gv_ascii_is_blank(p[at - 1]) || p[at - 1] == '/'))
		at--;
	if (at == 0 || p[at - 1] != '|')
		return 0;
	for (at--;
	     at > 0 && (gv_ascii_is_blank(p[at - 1]) || is_quote(p[at - 1]));
	     at--)
		;
	end = at;
	while (at > 0 && end - at < USER_MAX + PASS_MAX &&
	    !gv_ascii_is_space(p[at - 1]) && !is_quote(p[at - 1]) &&
	    p[at - 1] != '|')
		at--;
	if (is_account)
		return read_account(r, at, end);
	return is_printed(p, at) ? read_word(r, at, end) : 0;
}

/* [users]: the lines up to the next section. */
static int
read_section(struct reader *r, size_t word)
{
	size_t at = line_end(r, word), end;
	struct gv_account a;
	int e = 0;

	if (word > 0 && !gv_ascii_is_eol(r->p[word - 1]))
		return 0;
	while (e == 0 && at < r->end) {
		size_t from = skip_blanks(r, ++at);

		if (from < r->end && r->p[from] == '[')
			break;
		end = line_end(r, at);
		if (gv_account_setting(&a, r->p, at, end))
			e = r->fn(r->ctx, &a);
		r->at = at = end;
	}
	return e;
}

int
gv_account_read(
    const char *text, size_t len, size_t *at, gv_account_fn fn, void *ctx)
{
	size_t word = *at, behind = word + strlen("[users]");
	struct reader r = { .p = text,
		.at = behind,
		.end = len - word > READ_MAX ? word + READ_MAX : len,
		.fn = fn,
		.ctx = ctx };
	size_t next;
	int e;

	/* the shortest of the words is the head of a section */
	r.at = behind += text[word] != '[';
	next = skip_blanks(&r, behind);
	if (text[word] == '[')
		e = read_section(&r, word);
	else if (next < r.end && text[next] == ':')
		e = read_yaml(&r, word, next);
	else if (is_here(&r, next, "<<"))
		e = read_here(&r, next);
	else
		e = read_pipe(&r, word);
	*at = r.at;
	return e;
}

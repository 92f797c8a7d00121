#include "scan/account.h"

#include <string.h>

#include "lex/ascii.h"

/*
 * Reads the lines of files in which users and their passwords are, without a
 * name in front of either.
 */

#define FIELDS_MAX 8
#define PASS_MIN   5
#define PASS_MAX   256

/* One of several between blanks, without the quotes around it. */
struct field {
	size_t at, end;
};

static size_t
skip_blanks(const char *p, size_t at, size_t end)
{
	while (at < end && gv_ascii_is_blank(p[at]))
		at++;
	return at;
}

/* The field at `at`; behind it, or `end`. */
static size_t
read_field(struct field *f, const char *p, size_t at, size_t end)
{
	const char quote = p[at];

	f->at = at;
	if (quote == '"' || quote == '\'') {
		const char *stop = memchr(p + at + 1, quote, end - at - 1);

		if (stop) {
			f->at = at + 1;
			f->end = (size_t)(stop - p);
			return f->end + 1;
		}
	}
	while (at < end && !gv_ascii_is_blank(p[at]))
		at++;
	f->end = at;
	return at;
}

static size_t
read_fields(struct field *f, const char *p, size_t at, size_t end)
{
	size_t n = 0;

	for (at = skip_blanks(p, at, end); at < end && n < FIELDS_MAX;
	     at = skip_blanks(p, at, end))
		at = read_field(&f[n++], p, at, end);
	return at < end ? 0 : n;
}

/* A number of two digits at most, which is no password. */
static bool
is_level(const char *p, const char *end)
{
	return end > p && end - p < 3 && gv_ascii_is_digit(p[0]) &&
	    gv_ascii_is_digit(end[-1]);
}

/* host:user:password, of a client of mail: MD5:…, in capitals, says how the
 * rest is stored. */
static void
skip_host(struct field *user, struct field *pass, const char *p)
{
	const char *colon = memchr(p + pass->at, ':', pass->end - pass->at);
	size_t i = pass->at;

	if (colon == NULL)
		return;
	while (gv_ascii_is_upper(p[i]) || gv_ascii_is_digit(p[i]))
		i++;
	if (p + i == colon)
		return;
	/* user:password:10, and what that one may do */
	if (is_level(colon + 1, p + pass->end)) {
		pass->end = (size_t)(colon - p);
		return;
	}
	*user = (struct field){ pass->at, (size_t)(colon - p) };
	pass->at = user->end + 1;
}

/* The rest of a field behind its first colon, up to a comma: user:password,
 * and roles. */
static bool
split_account(struct field *user, struct field *pass, const char *p)
{
	const char *colon = memchr(p + user->at, ':', user->end - user->at);
	const char *comma;

	if (colon == NULL || (colon[1] == '/' && colon[2] == '/'))
		return false;
	pass->at = (size_t)(colon - p) + 1;
	pass->end = user->end;
	user->end = (size_t)(colon - p);
	comma = memchr(p + pass->at, ',', pass->end - pass->at);
	pass->end = comma ? (size_t)(comma - p) : pass->end;
	skip_host(user, pass, p);
	return true;
}

static bool
set_account(struct gv_account *out, const char *p, const struct field *user,
    const struct field *pass)
{
	size_t n = pass->end - pass->at;

	if (pass->end < pass->at + PASS_MIN || n > PASS_MAX ||
	    memchr("$-{<", p[pass->at], 4))
		return false;
	*out = (struct gv_account){ .name = user->at,
		.name_len = user->end - user->at,
		.value = pass->at,
		.value_len = n,
		.is_loose = true };
	return true;
}

bool
gv_account_line(struct gv_account *out, const char *p, size_t at, size_t end)
{
	struct field f[FIELDS_MAX] = { 0 }, pass;
	size_t n;

	while (end > at && gv_ascii_is_space(p[end - 1]))
		end--;
	at = skip_blanks(p, at, end);
	if (at == end || p[at] == '#' || p[at] == ';')
		return false;
	n = read_fields(f, p, at, end);
	if (n == 1 && memchr(p + at, ':', end - at) == NULL)
		return gv_account_setting(out, p, at, end);
	if (n == 1)
		return split_account(&f[0], &pass, p) &&
		    set_account(out, p, &f[0], &pass);
	/* "user: password,role", and "host user:password" */
	if (n == 2 && p[f[0].end - 1] != ':' && split_account(&f[1], &pass, p))
		return set_account(out, p, &f[1], &pass);
	if (n == 2) {
		const char *comma =
		    memchr(p + f[1].at, ',', f[1].end - f[1].at);

		f[1].end = comma ? (size_t)(comma - p) : f[1].end;
		return set_account(out, p, &f[0], &f[1]);
	}
	/* "user server password …", "url user password" */
	return n >= 3 && n <= 4 && set_account(out, p, &f[0], &f[2]);
}

bool
gv_account_setting(struct gv_account *out, const char *p, size_t at, size_t end)
{
	struct field user, pass;
	const char *comma;

	at = skip_blanks(p, at, end);
	for (user.at = at; at < end && gv_ascii_is_alnum(p[at]); at++)
		;
	user.end = at;
	at = skip_blanks(p, at, end);
	if (user.end == user.at || at == end || p[at] != '=')
		return false;
	at = skip_blanks(p, at + 1, end);
	if (at == end)
		return false;
	at = read_field(&pass, p, at, end);
	comma = memchr(p + pass.at, ',', pass.end - pass.at);
	if (comma)
		pass.end = (size_t)(comma - p);
	else if (skip_blanks(p, at, end) < end && p[at] != ',' &&
	    !gv_ascii_is_space(p[end - 1]))
		return false; /* several words are no password */
	while (pass.end > pass.at && gv_ascii_is_space(p[pass.end - 1]))
		pass.end--;
	return set_account(out, p, &user, &pass);
}

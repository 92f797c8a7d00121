#include "serve/serve_backend.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "statelock/statelock.h"
#include "sys/file.h"
#include "vault/label.h"

#define FILE_MAX   ((size_t)1 << 20)
#define HEADER_MAX 4096
/* Sums are plain, since secrets are drawn and not made up: no shorter one. */
#define SECRET_MIN 16

/* ---- the file ---- */

/* A line is an environment or "*", a user, and the SHA-256 of their secret in
 * hexadecimal, and may have scopes: what the user may do there. "#" begins a
 * line that nobody reads:
 *
 *	# for the runner of the network team
 *	prod ci-net 9f86…0a08
 *	prod web    5e88…1d15 config,secrets
 *	*    ann    6033…c752
 */

static int
bad_line(size_t line, const char *why)
{
	return gv_err(GV_EUSAGE,
	    "line %zu of the credentials: %s; a line is ENV USER SHA256 "
	    "[SCOPES], the sum being that of the password or token",
	    line, why);
}

/* The next word of a line, cut out of it; NULL where there is none. */
static char *
next_word(char **at)
{
	char *word = *at + strspn(*at, " \t\r");
	size_t n = strcspn(word, " \t\r");

	if (n == 0)
		return NULL;
	*at = word + n;
	if (word[n])
		*(*at)++ = '\0';
	return word;
}

/* "config,secrets"; NULL: not said. 0: a word is unknown. */
static unsigned
read_scopes(const char *text)
{
	static const struct {
		const char *name;
		unsigned right;
	} scopes[] = { { "state", GV_SERVE_MAY_STATE },
		{ "config", GV_SERVE_MAY_CONFIG },
		{ "secrets", GV_SERVE_MAY_CONFIG | GV_SERVE_MAY_SECRETS } };
	unsigned rights = 0;
	size_t i, n;

	if (text == NULL)
		return GV_SERVE_MAY_STATE | GV_SERVE_MAY_CONFIG;
	for (;; text += n + 1) {
		n = strcspn(text, ",");
		for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
			if (strlen(scopes[i].name) == n &&
			    strncmp(scopes[i].name, text, n) == 0)
				break;
		if (i == sizeof(scopes) / sizeof(scopes[0]))
			return 0;
		rights |= scopes[i].right;
		if (text[n] == '\0')
			return rights;
	}
}

/* A line that has something in it. */
static int
add_line(struct gv_serve_access *out, char *text, size_t line)
{
	char *env = next_word(&text), *user = next_word(&text),
	     *sum = next_word(&text), *scopes;
	struct gv_serve_entry e = { .env = "" };

	if (sum == NULL)
		return bad_line(line, "it does not have three words");
	scopes = next_word(&text);
	if (next_word(&text))
		return bad_line(line, "it has more than four words");
	if ((e.rights = read_scopes(scopes)) == 0)
		return bad_line(line, "scopes are state, config and secrets");
	if (strcmp(env, "*") != 0 && !gv_label_is_valid(env))
		return bad_line(line, "this can be no environment");
	if (strlen(user) >= GV_SERVE_NAME || strchr(user, ':'))
		return bad_line(line, "this can be no user");
	if (strlen(sum) != (size_t)2 * GV_SHA_BYTES ||
	    gv_enc_unhex(e.sum, sum, GV_SHA_BYTES) < 0)
		return bad_line(line, "this is no SHA-256 in hexadecimal");
	memcpy(e.env, env, strlen(env));
	memcpy(e.user, user, strlen(user));
	if (gv_vec_grow(
		(void **)&out->entries, &out->cap, out->n + 1, sizeof(e)) < 0)
		return GV_ENOMEM;
	out->entries[out->n++] = e;
	return 0;
}

int
gv_serve_access_parse(struct gv_serve_access *out, const char *text, size_t len)
{
	char *copy = strndup(text, len), *line = copy, *next;
	size_t number = 1;
	int r = copy ? 0 : gv_err_nomem();

	memset(out, 0, sizeof(*out));
	if (r == 0 && memchr(text, '\0', len))
		r = gv_err(GV_EUSAGE, "the credentials are no text");
	for (; r == 0 && line; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line += strspn(line, " \t\r");
		if (*line && *line != '#')
			r = add_line(out, line, number);
	}
	free(copy);
	if (r < 0)
		gv_serve_access_release(out);
	return r;
}

int
gv_serve_access_read(struct gv_secret *out, const char *path)
{
	struct stat st;
	ssize_t n = 0;
	int fd, r = gv_file_open(&fd, &st, AT_FDCWD, path);

	if (r < 0)
		return r;
	if (st.st_mode & 077)
		r = gv_err(GV_EREFUSED,
		    "others can read %s, which contains a secret; run chmod "
		    "600 on it",
		    path);
	else if ((uint64_t)st.st_size > FILE_MAX)
		r = gv_err(GV_EREFUSED, "%s is too large", path);
	if (r == 0 && (r = gv_secret_grow(out, (size_t)st.st_size + 1)) == 0)
		n = gv_file_read_full(fd, out->p, (size_t)st.st_size);
	if (n < 0)
		r = gv_err_sys("cannot read %s", path);
	if (r == 0) {
		out->len = (size_t)n;
		out->p[n] = '\0';
	}
	gv_file_close(fd);
	return r;
}

int
gv_serve_access_load(struct gv_serve_access *out, const char *path)
{
	struct gv_secret text = GV_SECRET_INIT;
	int r = gv_serve_access_read(&text, path);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_serve_access_parse(out, (const char *)text.p, text.len);
	if (r == GV_EUSAGE)
		r = gv_err_in(r, "%s", path);
	else if (r == 0 && out->n == 0)
		r = gv_err(GV_EUSAGE,
		    "%s lets nobody in; a line is ENV USER SHA256 [SCOPES]",
		    path);
	gv_secret_release(&text);
	return r;
}

void
gv_serve_access_release(struct gv_serve_access *access)
{
	if (access == NULL)
		return;
	free(access->entries);
	memset(access, 0, sizeof(*access));
}

/* ---- who asks ---- */

/* Whether the bytes are the same, in a time that hangs on their number. */
static bool
is_same(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;
	volatile unsigned char differ = 0;
	size_t i;

	for (i = 0; i < len; i++)
		differ |= x[i] ^ y[i];
	return differ == 0;
}

/* What a client has sent of himself. */
struct claim {
	bool has_user;
	char user[GV_SERVE_NAME]; /* zeros behind it */
	unsigned char sum[GV_SHA_BYTES];
};

static bool
read_basic(struct claim *out, const char *text)
{
	struct gv_buf plain = GV_BUF_INIT;
	size_t room = strlen(text) + 1, len;
	const char *colon = NULL;
	bool ok = gv_buf_grow(&plain, room) == 0 &&
	    gv_enc_unbase64(&plain, text, strlen(text)) == 0;

	if (ok)
		colon = memchr(plain.p, ':', plain.len);
	ok = colon && colon - plain.p < GV_SERVE_NAME;
	if (ok) {
		out->has_user = true;
		memcpy(out->user, plain.p, (size_t)(colon - plain.p));
		len = plain.len - (size_t)(colon + 1 - plain.p);
		ok = len >= SECRET_MIN;
		gv_sha_sum(out->sum, colon + 1, len);
	}
	if (plain.cap)
		explicit_bzero(plain.p, plain.cap);
	gv_buf_release(&plain);
	return ok;
}

static bool
read_claim(struct claim *out, const char *header)
{
	memset(out, 0, sizeof(*out));
	if (header == NULL || strlen(header) > HEADER_MAX)
		return false;
	if (strncasecmp(header, "Basic ", 6) == 0)
		return read_basic(out, header + 6);
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return false;
	gv_sha_sum(out->sum, header + 7, strlen(header + 7));
	return strlen(header + 7) >= SECRET_MIN;
}

/* All of it each time, and no way out at the first that differs. */
static bool
is_of(const struct gv_serve_entry *e, const struct claim *claim)
{
	bool has_sum = is_same(e->sum, claim->sum, GV_SHA_BYTES);
	bool is_user = is_same(e->user, claim->user, GV_SERVE_NAME);

	return has_sum && (is_user || !claim->has_user);
}

unsigned
gv_serve_access_judge(struct gv_serve_visitor *out,
    const struct gv_serve_access *access, const char *header, const char *env,
    unsigned right)
{
	struct claim claim;
	bool is_claim = read_claim(&claim, header), is_known = false,
	     may = false;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < access->n; i++) {
		const struct gv_serve_entry *e = &access->entries[i];
		bool fits = is_of(e, &claim);

		if (!fits || !is_claim)
			continue;
		is_known = true;
		memcpy(out->user, e->user, GV_SERVE_NAME);
		if (env && strcmp(e->env, "*") != 0 && strcmp(e->env, env) != 0)
			continue;
		out->rights |= e->rights;
		if (!may && (e->rights & right)) {
			may = true;
			out->entry = i;
		}
	}
	explicit_bzero(&claim, sizeof(claim));
	return may ? 200 : is_known ? 403 : 401;
}

int
gv_serve_access_envs(struct gv_buf *out, const struct gv_serve_access *access,
    const char *header)
{
	struct claim claim;
	const bool is_claim = read_claim(&claim, header);
	size_t i;

	for (i = 0; i < access->n; i++) {
		const struct gv_serve_entry *e = &access->entries[i];

		if (is_of(e, &claim) && is_claim)
			gv_buf_add(out, e->env, strlen(e->env) + 1);
	}
	explicit_bzero(&claim, sizeof(claim));
	return gv_buf_check(out);
}

unsigned
gv_serve_access_check(const struct gv_serve_access *access, const char *header,
    const char *env, char user[GV_SERVE_NAME])
{
	struct gv_serve_visitor visitor;
	unsigned status = gv_serve_access_judge(
	    &visitor, access, header, env, GV_SERVE_MAY_STATE);

	memcpy(user, visitor.user, GV_SERVE_NAME);
	return status;
}

bool
gv_serve_access_has(const struct gv_serve_access *access, unsigned right)
{
	size_t i;

	for (i = 0; i < access->n; i++)
		if (access->entries[i].rights & right)
			return true;
	return false;
}

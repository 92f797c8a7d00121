#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/gitsign.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "sys/proc.h"

#define STATUS "[GNUPG:] "

const char *const gv_gitsign_verdicts[GV_GITSIGN_VERDICTS] = { "none", "good",
	"unknown-key", "bad", "unchecked" };

void
gv_gitsign_release(struct gv_gitsign *seen)
{
	if (seen == NULL)
		return;
	free(seen->by);
	free(seen->print);
	free(seen->why);
	*seen = (struct gv_gitsign)GV_GITSIGN_INIT;
}

/* ---- where it stands ---------------------------------------------------- */

/* The first line of each kind of signature that git knows, and the last. */
static const struct {
	const char *begin, *end;
} frames[] = {
	{ "-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----" },
	{ "-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----" },
	{ "-----BEGIN SIGNED MESSAGE-----", "-----END SIGNED MESSAGE-----" },
	{ "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----" },
};
#define FRAMES (sizeof(frames) / sizeof(*frames))

/* Whether it begins so; git looks at no more of a line. */
static bool
starts(const char *p, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(p, word, n) == 0;
}

static size_t
line_length(const char *p, size_t len)
{
	const char *nl = memchr(p, '\n', len);

	return nl ? (size_t)(nl - p) + 1 : len;
}

/* From its first line to its last nothing but lines of print, so that nothing
 * else stands behind a record and git's own reader, which takes the last of
 * such lines, begins where we do. */
static int
check_block(const char *p, size_t len, const char *end)
{
	size_t n, i;
	bool is_first = true;

	for (; len; p += n, len -= n, is_first = false) {
		n = line_length(p, len);
		if (p[n - 1] != '\n')
			break;
		for (i = 0; i + 1 < n; i++)
			if ((unsigned char)p[i] < ' ' ||
			    (unsigned char)p[i] >= 0x7f)
				return -1;
		if (!is_first && starts(p, n, "-----"))
			return n == len && n == strlen(end) + 1 &&
				starts(p, n, end)
			    ? 0
			    : -1;
	}
	return -1;
}

int
gv_gitsign_split(size_t *payload, const char *text, size_t len)
{
	size_t at, i;

	*payload = len;
	for (at = 0; at < len; at += line_length(text + at, len - at))
		for (i = 0; i < FRAMES; i++) {
			if (!starts(text + at, len - at, frames[i].begin))
				continue;
			*payload = at;
			if (len - at <= GV_GITSIGN_MAX &&
			    line_length(text + at, len - at) ==
				strlen(frames[i].begin) + 1 &&
			    check_block(text + at, len - at, frames[i].end) ==
				0)
				return 0;
			return gv_err(GV_ECORRUPT,
			    "it is not followed by a signature of git");
		}
	return 0;
}

/* ---- what git says ------------------------------------------------------ */

static int
copy(char **out, const char *text, size_t len)
{
	free(*out);
	*out = strndup(text, len);
	return *out ? 0 : gv_err_nomem();
}

static int
judge(struct gv_gitsign *out, enum gv_gitsign_verdict verdict, const char *why)
{
	out->verdict = verdict;
	return why ? copy(&out->why, why, strlen(why)) : 0;
}

/* The word of that number behind p, up to the line's end; its length, 0 where
 * there is none. */
static size_t
word_at(const char **p, const char *end, unsigned n)
{
	const char *at = *p;

	for (; n && at < end; n--) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));

		at = blank ? blank + 1 : end;
	}
	*p = at;
	while (at < end && *at != ' ')
		at++;
	return (size_t)(at - *p);
}

/* What a word of gpg's status means. */
static const struct {
	const char *word;
	enum gv_gitsign_verdict verdict;
	const char *why;
} words[] = {
	{ "GOODSIG ", GV_GITSIGN_GOOD, NULL },
	{ "BADSIG ", GV_GITSIGN_BAD, "it is of something else" },
	{ "EXPSIG ", GV_GITSIGN_BAD, "it has expired" },
	{ "EXPKEYSIG ", GV_GITSIGN_BAD, "its key has expired" },
	{ "REVKEYSIG ", GV_GITSIGN_BAD, "its key was revoked" },
	{ "ERRSIG ", GV_GITSIGN_UNKNOWN, "its key is not here" },
};

/* A line of gpg's status; *n counts those with a verdict. */
static int
read_status(
    struct gv_gitsign *out, size_t *n, const char *line, const char *end)
{
	const char *p = line;
	size_t i, len;
	int r = 0;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!starts(line, (size_t)(end - line), words[i].word))
			continue;
		++*n;
		r = judge(out, words[i].verdict, words[i].why);
		p = line;
		word_at(&p, end, 1);
		len = word_at(&p, end, 1);
		if (words[i].verdict != GV_GITSIGN_UNKNOWN && r == 0 && len)
			r = copy(&out->by, p, (size_t)(end - p));
		return r;
	}
	if (!starts(line, (size_t)(end - line), "VALIDSIG "))
		return 0;
	/* of the key that certifies the one that signed, where it says so */
	len = word_at(&p, end, 10);
	if (len == 0) {
		p = line;
		len = word_at(&p, end, 1);
	}
	return len ? copy(&out->print, p, len) : 0;
}

/* Good "git" signature for WHO with KIND key SHA256:… */
static int
read_ssh(struct gv_gitsign *out, const char *line, const char *end)
{
	static const char good[] = "Good \"git\" signature ";
	static const char who[] = "for ", with[] = " with ";
	const char *p = line + sizeof(good) - 1, *print = end, *name_end;
	int r;

	while (print > p && print[-1] != ' ')
		print--;
	r = copy(&out->print, print, (size_t)(end - print));
	out->is_whole =
	    strncmp(out->print ? out->print : "", "SHA256:", 7) == 0;
	if (r < 0 || !starts(p, (size_t)(end - p), who))
		return r < 0 ? r
			     : judge(out, GV_GITSIGN_UNKNOWN,
				   "its key is not among those that "
				   "gpg.ssh.allowedSignersFile names");
	p += sizeof(who) - 1;
	/* the last one: a name may have any word in it */
	for (name_end = print; name_end > p; name_end--)
		if (starts(name_end, (size_t)(print - name_end), with))
			break;
	out->verdict = GV_GITSIGN_GOOD;
	return copy(&out->by, p, (size_t)(name_end - p));
}

/* What was not told is no verdict; and what git itself does not pass is not
 * good. */
static int
conclude(struct gv_gitsign *out, const char *said, size_t n, bool passed)
{
	static const char failed[] = "Could not verify signature";

	if (n > 1)
		return judge(out, GV_GITSIGN_BAD, "there is more than one");
	if (n == 0 && strstr(said, failed) && !passed)
		return judge(out, GV_GITSIGN_BAD,
		    "it is of something else, or its key was revoked");
	if (n == 0) {
		out->verdict = GV_GITSIGN_UNSEEN;
		return *said ? copy(&out->why, said, strcspn(said, "\n"))
			     : judge(out, out->verdict, "git said nothing");
	}
	/* ssh-keygen passes over such a line of who may sign, and says so */
	if (out->verdict == GV_GITSIGN_UNKNOWN &&
	    strstr(said, ": key has expired: "))
		return judge(out, GV_GITSIGN_BAD, "its key has expired");
	if (out->verdict == GV_GITSIGN_UNKNOWN &&
	    strstr(said, ": key is not yet valid: "))
		return judge(out, GV_GITSIGN_BAD, "its key is not valid yet");
	if (out->verdict == GV_GITSIGN_GOOD) {
		out->is_whole = out->print != NULL;
		if (!passed)
			return judge(out, GV_GITSIGN_UNKNOWN,
			    "git does not trust its key");
	}
	return 0;
}

int
gv_gitsign_read(struct gv_gitsign *out, const char *said, bool passed)
{
	const char *p = said, *end;
	size_t n = 0;
	int r = 0;

	*out = (struct gv_gitsign)GV_GITSIGN_INIT;
	for (; r == 0 && *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		if (starts(p, (size_t)(end - p), STATUS)) {
			r = read_status(out, &n, p + strlen(STATUS), end);
		} else if (starts(p, (size_t)(end - p),
			       "Good \"git\" signature ")) {
			n++;
			r = read_ssh(out, p, end);
		}
	}
	if (r == 0 && (r = conclude(out, said, n, passed)) == 0 &&
	    out->verdict == GV_GITSIGN_BAD)
		out->is_whole = false;
	if (r < 0)
		gv_gitsign_release(out);
	return r;
}

/* Without a list of who may sign git does not ask which keys were revoked
 * either, so that nobody knows whether this one was. */
static int
doubt(struct gv_gitsign *out, const struct gv_repo *repo)
{
	const char *revoked =
	    gv_config_get(&repo->config, "gpg.ssh.revocationfile");

	if (revoked == NULL || *revoked == '\0' || !out->is_whole ||
	    out->print == NULL || strncmp(out->print, "SHA256:", 7) != 0)
		return 0;
	out->is_whole = false;
	return judge(out, out->verdict,
	    "without gpg.ssh.allowedSignersFile nobody asks "
	    "gpg.ssh.revocationFile whether its key was revoked");
}

/* Without a list of who may sign git looks at no signature of ssh; by an empty
 * one it says at least which key made it. */
int
gv_gitsign_check(struct gv_gitsign *out, const struct gv_repo *repo,
    const struct gv_oid *tag)
{
	const char *list =
	    gv_config_get(&repo->config, "gpg.ssh.allowedsignersfile");
	char hex[GV_OID_HEX + 1];
	const char *own[] = { "git", "verify-tag", "--raw", hex, NULL };
	const char *none[] = { "git", "-c",
		"gpg.ssh.allowedSignersFile=/dev/null", "verify-tag", "--raw",
		hex, NULL };
	const char *env[] = { "LC_ALL=C", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	*out = (struct gv_gitsign)GV_GITSIGN_INIT;
	gv_oid_format(hex, tag);
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = list && *list ? own : none, .env = env });
	if (r == 0 && (r = gv_buf_check(&p.err)) == 0) {
		r = gv_gitsign_read(
		    out, p.err.len ? p.err.p : "", p.status == 0);
		if (r == 0 && (list == NULL || *list == '\0'))
			r = doubt(out, repo);
	} else if (r != GV_ECANCELED && r != GV_ENOMEM) {
		r = judge(out, GV_GITSIGN_UNSEEN, gv_err_message());
	}
	gv_proc_release(&p);
	return r;
}

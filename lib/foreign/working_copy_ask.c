#include "foreign/working_copy_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "format/xmltag.h"
#include "repo/repo.h"
#include "foreign/working_copy_address.h"
#include "foreign/working_copy_server.h"
#include "sys/proc.h"

/* What a server says of a revision, asked by its tool. */

/* ---- Subversion ---------------------------------------------------------- */

/* Take the text behind a tag, once. */
static bool
take_text(struct gv_buf *out, const struct gv_xmltag *x)
{
	return out->len || gv_xmltag_text(out, x);
}

int
gv_working_copy_read_info(
    struct gv_working_copy_peer *out, const char *text, size_t len)
{
	struct gv_xmltag x;
	bool is_good = true;
	int r;

	gv_xmltag_init(&x, text, len);
	while (is_good && (r = gv_xmltag_next(&x)) > 0) {
		if (gv_xmltag_is(&x, "url"))
			is_good = take_text(&out->address, &x);
		else if (gv_xmltag_is(&x, "uuid"))
			is_good = take_text(&out->identity, &x);
		else if (gv_xmltag_is(&x, "commit") && out->commit.len == 0)
			is_good = gv_xmltag_get(&out->commit, &x, "revision");
		else if (gv_xmltag_is(&x, "date"))
			is_good = take_text(&out->date, &x);
	}
	if (!is_good)
		return GV_ECORRUPT;
	if (r == 0)
		r = gv_buf_check(&out->address);
	return r == 0 && out->identity.failed ? GV_ENOMEM : r;
}

/* A password is no argument, which all users can see. */
static int
run_svn(struct gv_proc *p, const char *target, const char *revision,
    const struct gv_working_copy_login *login, const struct gv_repo *repo)
{
	const char *argv[9 + GV_WORKING_COPY_LOGIN_WORDS] = { "svn", "info",
		"--non-interactive", "--xml", "-r", revision };
	struct gv_buf in = GV_BUF_WIPED_INIT;
	size_t n = 6, words = gv_working_copy_login_words(argv + n, login);
	int r = words ? gv_working_copy_login_input(&in, login) : 0;

	n += words;
	argv[n++] = "--";
	argv[n] = target;
	if (r == 0)
		r = gv_working_copy_reach(p, repo, argv, words ? &in : NULL);
	gv_buf_release(&in);
	return r;
}

/* By the numbers of the system's errors for a network, and that of a name which
 * no server of names knows. */
static bool
is_silent_svn(const struct gv_proc *p)
{
	static const char *const words[] = { "E000051", "E000060", "E000061",
		"E000065", "E000101", "E000110", "E000111", "E000113", "E67000",
		NULL };
	size_t i;

	for (i = 0; words[i]; i++)
		if (p->err.len && strstr(p->err.p, words[i]))
			return true;
	return p->is_late;
}

/* The same repository, whose revision was made at the same moment. */
static bool
is_same(const struct gv_working_copy_peer *was,
    const struct gv_working_copy_peer *is, bool knows_commit)
{
	return is->identity.len &&
	    gv_buf_equal(&is->identity, &was->identity) &&
	    (!knows_commit ||
		(gv_buf_equal(&is->commit, &was->commit) &&
		    gv_buf_equal(&is->date, &was->date)));
}

static enum gv_working_copy_says
judge_svn(
    struct gv_proc *p, const struct gv_working_copy_peer *s, bool knows_commit)
{
	struct gv_working_copy_peer now = { GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT, GV_BUF_INIT };
	enum gv_working_copy_says says = GV_WORKING_COPY_LACKS;

	if (p->is_late || p->status)
		says = is_silent_svn(p) ? GV_WORKING_COPY_ASK : says;
	else if (gv_working_copy_read_info(&now, p->out.p, p->out.len) == 0)
		says = is_same(s, &now, knows_commit) ? GV_WORKING_COPY_HAS
						      : GV_WORKING_COPY_OTHER;
	gv_working_copy_peer_release(&now);
	return says;
}

/* The revision that is left out, at the last one up to it of which the working
 * copy knows the date: a server that was filled again with the same UUID has
 * another date, or no such history. */
static int
ask_svn(enum gv_working_copy_says *says, const struct gv_base *base,
    const struct gv_working_copy_peer *s, const struct gv_repo *repo)
{
	struct gv_buf from = GV_BUF_INIT;
	struct gv_working_copy_login login;
	struct gv_proc p = GV_PROC_INIT;
	const bool knows = s->date.len &&
	    strtoul(s->commit.p, NULL, 10) <= strtoul(base->revision, NULL, 10);
	int r = gv_working_copy_login_init(&login, s->address.p);

	gv_buf_addf(&from, "%s@%s", login.address.p, base->revision);
	if (r == 0 && (r = gv_buf_check(&from)) == 0)
		r = run_svn(&p, from.p, knows ? s->commit.p : base->revision,
		    &login, repo);
	if (r == 0 || p.is_late)
		*says = judge_svn(&p, s, knows);
	gv_working_copy_login_release(&login);
	gv_proc_release(&p);
	gv_buf_release(&from);
	return r;
}

/* ---- Mercurial ----------------------------------------------------------- */

/* hg prints the beginning of an id, which is a digest of the changeset and of
 * all before it. With --debug it would print all of it, and how it talks over
 * HTTP. */
#define SHOWN 12

static enum gv_working_copy_says
judge_hg(const struct gv_proc *p, const char *revision)
{
	static const char silent[] = "abort: error: ";
	struct gv_buf out = GV_BUF_INIT, err = GV_BUF_INIT;
	enum gv_working_copy_says says = GV_WORKING_COPY_LACKS;
	struct gv_working_copy_answers a;
	long status = 1;

	if (p->is_late) {
		says = GV_WORKING_COPY_ASK;
	} else if (gv_working_copy_answers_init(&a, p->out.p, p->out.len) ==
		0 &&
	    gv_working_copy_answer(&out, &err, &status, &a) == 0) {
		if (status == 0 && out.len >= SHOWN &&
		    memcmp(out.p, revision, SHOWN) == 0)
			says = GV_WORKING_COPY_HAS;
		else if (strncmp(err.p, silent, sizeof(silent) - 1) == 0)
			says = GV_WORKING_COPY_ASK;
	}
	gv_buf_release(&out);
	gv_buf_release(&err);
	return says;
}

/* A phase that was forced to public makes no changeset known to the server. The
 * address may have a password, so it is no argument that all users can see. */
static int
ask_hg(enum gv_working_copy_says *says, const struct gv_base *base,
    const struct gv_working_copy_peer *s, const struct gv_repo *repo)
{
	static const char *const argv[] = { "hg", "serve", "--cmdserver",
		"pipe", NULL };
	const char *const words[] = { "identify", "-y", "--id", "-r",
		base->revision, "--", s->address.p, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf in = GV_BUF_WIPED_INIT;
	int r = gv_working_copy_request(&in, words);

	if (r == 0)
		r = gv_working_copy_reach(&p, repo, argv, &in);
	if (r == 0 || p.is_late)
		*says = judge_hg(&p, base->revision);
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

int
gv_working_copy_ask(enum gv_working_copy_says *says, const struct gv_base *base,
    const struct gv_working_copy_peer *s, const struct gv_repo *repo)
{
	int r;

	*says = GV_WORKING_COPY_LACKS;
	r = strcmp(base->tool, "svn") == 0 ? ask_svn(says, base, s, repo)
					   : ask_hg(says, base, s, repo);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

void
gv_working_copy_peer_release(struct gv_working_copy_peer *s)
{
	gv_buf_release(&s->address);
	gv_buf_release(&s->identity);
	gv_buf_release(&s->commit);
	gv_buf_release(&s->date);
}

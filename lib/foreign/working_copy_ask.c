#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "format/xmltag.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "foreign/working_copy_address.h"
#include "foreign/working_copy_internal.h"
#include "foreign/working_copy_proof.h"
#include "foreign/working_copy_server.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * What is left out of a snapshot has to be somewhere else: whether the server
 * gives the revision is asked once a day, and again for each other revision. A
 * server that is a folder of this host is looked at by each save.
 */
#define PROOF "working-copy-proof"
#define MOST  ((size_t)16 * 1024)

struct server {
	struct gv_buf address, identity; /* the latter of svn alone */
};

static void
release(struct server *s)
{
	gv_buf_release(&s->address);
	gv_buf_release(&s->identity);
}

/* ---- which server -------------------------------------------------------- */

/* The text of the first element of a name, or nothing. */
static int
first(struct gv_buf *out, const struct gv_buf *xml, const char *name)
{
	struct gv_xmltag x;
	int r;

	gv_buf_reset(out);
	gv_xmltag_init(&x, xml->p, xml->len);
	while ((r = gv_xmltag_next(&x)) > 0)
		if (gv_xmltag_is(&x, name))
			return gv_xmltag_text(out, &x) ? gv_buf_check(out)
						       : GV_ECORRUPT;
	return r;
}

static int
find_svn(struct server *out, const struct gv_repo *repo)
{
	static const char *const argv[] = { "svn", "info", "--non-interactive",
		"--xml", NULL };
	struct gv_buf xml = GV_BUF_INIT;
	int r = gv_working_copy_svn(&xml, repo, argv);

	if (r == 0 && (r = first(&out->address, &xml, "url")) == 0)
		r = first(&out->identity, &xml, "uuid");
	gv_buf_release(&xml);
	return r;
}

/* The folder that a path leads to, or the nearest above that there is, as the
 * path of a repository of svn goes on inside of it. To be freed; NULL. */
static char *
find_real(struct gv_buf *path)
{
	char *real = gv_entry_real_path(path->p);

	while (real == NULL && path->len > 1) {
		gv_buf_truncate(
		    path, (size_t)(strrchr(path->p, '/') - path->p));
		real = path->len ? gv_entry_real_path(path->p) : NULL;
	}
	return real;
}

/* A server in the working copy itself would be lost together with it. */
static int
check_elsewhere(const struct server *s, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	char *server = NULL, *copy = NULL;
	int r = gv_working_copy_local(&path, s->address.p);

	if (r == 0) {
		server = find_real(&path);
		copy = gv_entry_real_path(repo->worktree);
		if (server && copy &&
		    gv_path_is_below(
			server, strlen(server), copy, strlen(copy)))
			r = gv_err(GV_EREFUSED,
			    "its server lies in the working copy itself, and "
			    "would be lost with it");
	}
	free(server);
	free(copy);
	gv_buf_release(&path);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
find_server(
    struct server *out, const struct gv_base *base, const struct gv_repo *repo)
{
	struct gv_buf hgrc = GV_BUF_INIT;
	int r;

	if (strcmp(base->tool, "svn") == 0) {
		r = find_svn(out, repo);
	} else {
		r = gv_working_copy_read(&hgrc, repo, "hgrc");
		if (r == 0)
			r = gv_working_copy_hgrc_source(
			    &out->address, hgrc.p, hgrc.len);
	}
	gv_buf_release(&hgrc);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return r == 0 &&
		gv_working_copy_is_address(base->tool,
		    out->address.len ? out->address.p : "", out->address.len)
	    ? check_elsewhere(out, repo)
	    : gv_err(GV_EREFUSED, "the address of its server is unusual");
}

/* The folder of a server on this host; of svn, what is above a path in it. */
static int
find_folder(struct gv_buf *path, const char *tool, const char *address)
{
	const char *part = strcmp(tool, "svn") == 0 ? "format" : ".hg";
	struct gv_buf below = GV_BUF_INIT;
	int r = gv_working_copy_local(path, address);
	bool is = false;

	while (r == 0 && !is && path->len > 1) {
		gv_buf_reset(&below);
		gv_buf_addf(&below, "%s/%s", path->p, part);
		if ((r = gv_buf_check(&below)) < 0)
			break;
		is = gv_file_exists(AT_FDCWD, below.p);
		if (!is && strcmp(tool, "svn") != 0)
			break;
		if (!is)
			gv_buf_truncate(
			    path, (size_t)(strrchr(path->p, '/') - path->p));
	}
	gv_buf_release(&below);
	return r < 0 ? r : is ? 0 : GV_ENOTFOUND;
}

/* "DEVICE:INODE" of a folder, or "-". */
static void
identify(char out[48], const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int fd = gv_dir_open_root(path);
	struct stat st;

	memcpy(out, "-", 2);
	if (fd >= 0 && gv_dir_stat_fd(fd, &st) == 0) {
		gv_buf_addf(&text, "%llx:%llx", (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino);
		if (gv_buf_check(&text) == 0 && text.len < 48)
			memcpy(out, text.p, text.len + 1);
	}
	gv_file_close(fd);
	gv_buf_release(&text);
}

static int
describe(struct gv_working_copy_proof *is, const struct server *s)
{
	struct gv_working_copy_login login;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_working_copy_login_init(&login, s->address.p);

	/* not the password, which a digest of it would confirm */
	gv_buf_addf(&text, "%s\n%s\n", login.address.p,
	    s->identity.len ? s->identity.p : "");
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		gv_hash_object(&is->server, GV_OTYPE_BLOB, text.p, text.len);
	gv_working_copy_login_release(&login);
	gv_buf_release(&text);
	if (r < 0)
		return r;
	r = find_folder(&is->local, is->tool, s->address.p);
	if (r == 0)
		identify(is->folder, is->local.p);
	else
		gv_buf_reset(&is->local);
	return r == GV_ENOMEM ? r : 0;
}

/* ---- asking it ----------------------------------------------------------- */

/* A password is no argument, which all users can see. */
static int
ask_svn_about(struct gv_proc *p, const char *target, const char *revision,
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

static int
ask_svn(bool *is_had, const struct gv_base *base, const struct server *s,
    const struct gv_repo *repo)
{
	struct gv_buf from = GV_BUF_INIT, uuid = GV_BUF_INIT;
	struct gv_working_copy_login login;
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_working_copy_login_init(&login, s->address.p);

	gv_buf_addf(&from, "%s@%s", login.address.p, base->revision);
	if (r == 0 && (r = gv_buf_check(&from)) == 0)
		r = ask_svn_about(&p, from.p, base->revision, &login, repo);
	/* one that was made again at the same address is another one */
	*is_had = r == 0 && p.status == 0 &&
	    first(&uuid, &p.out, "uuid") == 0 && uuid.len &&
	    gv_buf_equal(&uuid, &s->identity);
	gv_working_copy_login_release(&login);
	gv_proc_release(&p);
	gv_buf_release(&from);
	gv_buf_release(&uuid);
	return r;
}

/* Whether an answer of the command server is the id of a changeset. */
static bool
is_answer(const struct gv_proc *p, const char *revision)
{
	struct gv_buf out = GV_BUF_INIT, err = GV_BUF_INIT;
	struct gv_working_copy_answers a;
	const size_t n = strlen(revision);
	long status = 1;
	bool is = gv_working_copy_answers_init(&a, p->out.p, p->out.len) == 0 &&
	    gv_working_copy_answer(&out, &err, &status, &a) == 0 &&
	    status == 0 && out.len >= n && memcmp(out.p, revision, n) == 0;

	gv_buf_release(&out);
	gv_buf_release(&err);
	return is;
}

/* A phase that was forced to public makes no changeset known to the server. The
 * address may have a password, so it is no argument that all users can see. */
static int
ask_hg(bool *is_had, const struct gv_base *base, const struct server *s,
    const struct gv_repo *repo)
{
	static const char *const argv[] = { "hg", "serve", "--cmdserver",
		"pipe", NULL };
	const char *const words[] = { "identify", "-y", "--id", "--debug", "-r",
		base->revision, "--", s->address.p, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf in = GV_BUF_WIPED_INIT;
	int r = gv_working_copy_request(&in, words);

	if (r == 0)
		r = gv_working_copy_reach(&p, repo, argv, &in);
	*is_had = r == 0 && is_answer(&p, base->revision);
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

/* What cannot be reached in time does not have it. */
static int
ask(bool *is_had, const struct gv_base *base, const struct server *s,
    const struct gv_repo *repo)
{
	int r = strcmp(base->tool, "svn") == 0 ? ask_svn(is_had, base, s, repo)
					       : ask_hg(is_had, base, s, repo);

	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* ---- what is known ------------------------------------------------------- */

static int
path_of(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/" PROOF, repo->vault_dir);
	return gv_buf_check(out);
}

static void
load(struct gv_working_copy_proof *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;

	*out = (struct gv_working_copy_proof){ .local = GV_BUF_INIT };
	if (path_of(&path, repo) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, MOST) == 0 &&
	    gv_working_copy_proof_parse(out, text.p, text.len) < 0)
		gv_working_copy_proof_release(out);
	gv_buf_release(&path);
	gv_buf_release(&text);
}

/* Losing it costs a question. */
static void
save(const struct gv_working_copy_proof *is, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;

	gv_working_copy_proof_format(&text, is);
	if (path_of(&path, repo) == 0 && gv_buf_check(&text) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
}

/* A folder that is gone, or was replaced, is noticed at once. */
static bool
is_there(const struct gv_working_copy_proof *was)
{
	char folder[48];

	if (was->local.len == 0)
		return true;
	identify(folder, was->local.p);
	return strcmp(folder, was->folder) == 0 && *folder != '-';
}

/* Without a proof that counts: find the server, and ask it. */
static int
prove(struct gv_working_copy_proof *is, const struct gv_working_copy_proof *was,
    const struct gv_base *base, const struct gv_repo *repo)
{
	struct server s = { GV_BUF_WIPED_INIT, GV_BUF_INIT };
	enum gv_working_copy_says says;
	int r;

	if ((r = find_server(&s, base, repo)) < 0 || (r = describe(is, &s)) < 0)
		goto out;
	says = is_there(was) ? gv_working_copy_proof_say(was, is, true)
			     : GV_WORKING_COPY_ASK;
	if (says == GV_WORKING_COPY_ASK) {
		r = ask(&is->is_had, base, &s, repo);
	} else {
		is->is_had = says == GV_WORKING_COPY_HAS;
		is->time = was->time;
	}
	if (r == 0)
		save(is, repo);
out:
	release(&s);
	return r;
}

int
gv_working_copy_prove(const struct gv_base *base, struct gv_repo *repo,
    const struct gv_oid *stamp, bool may_ask)
{
	struct gv_working_copy_proof was,
	    is = { .tool = base->tool,
		    .stamp = *stamp,
		    .time = gv_clock_now().tv_sec,
		    .folder = "-",
		    .local = GV_BUF_INIT };
	enum gv_working_copy_says says;
	int r = 0;

	memcpy(is.revision, base->revision, sizeof(is.revision));
	load(&was, repo);
	says = is_there(&was) ? gv_working_copy_proof_say(&was, &is, false)
			      : GV_WORKING_COPY_ASK;
	if (says != GV_WORKING_COPY_ASK)
		is.is_had = says == GV_WORKING_COPY_HAS;
	else if (may_ask)
		r = prove(&is, &was, base, repo);
	else
		is.is_had = is_there(&was); /* as the next save will find out */
	if (r == 0 && !is.is_had)
		r = gv_err(GV_EREFUSED,
		    "its server did not give revision %.12s when it was asked; "
		    "to see why: %s%.12s%s",
		    base->revision,
		    strcmp(base->tool, "svn") == 0 ? "svn info -r "
						   : "hg identify -r ",
		    base->revision,
		    strcmp(base->tool, "svn") == 0 ? "" : " default");
	gv_working_copy_proof_release(&was);
	gv_working_copy_proof_release(&is);
	return r;
}

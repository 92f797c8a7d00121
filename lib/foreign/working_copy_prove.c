#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "foreign/working_copy_address.h"
#include "foreign/working_copy_internal.h"
#include "foreign/working_copy_proof.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * What is left out of a snapshot has to be somewhere else: whether the server
 * gives the revision is asked once an hour, and again for each other revision.
 * A server that is a folder of this host is looked at by each save.
 */
#define PROOF "working-copy-proof"
#define MOST  ((size_t)16 * 1024)

/* ---- which server -------------------------------------------------------- */

static int
find_svn(struct gv_working_copy_peer *out, const struct gv_repo *repo)
{
	static const char *const argv[] = { "svn", "info", "--non-interactive",
		"--xml", NULL };
	struct gv_buf xml = GV_BUF_WIPED_INIT;
	int r = gv_working_copy_svn(&xml, repo, argv);

	if (r == 0)
		r = gv_working_copy_read_info(out, xml.p, xml.len);
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
check_elsewhere(
    const struct gv_working_copy_peer *s, const struct gv_repo *repo)
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
find_server(struct gv_working_copy_peer *out, const struct gv_base *base,
    const struct gv_repo *repo)
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

/* The number of the newest revision of a server that is a folder; as large as
 * can be where it does not say. */
static unsigned long
find_youngest(int fd)
{
	static const char name[] = "db/current";
	int file = gv_dir_open_file(fd, name, sizeof(name) - 1);
	char text[24] = "";
	unsigned long youngest = ULONG_MAX;

	if (file >= 0 && gv_file_read_full(file, text, sizeof(text) - 1) > 0 &&
	    strspn(text, "0123456789"))
		youngest = strtoul(text, NULL, 10);
	gv_file_close(file);
	return youngest;
}

/* A digest of which folder it is, and of files in it that a server writes when
 * it is made; "-" where it is no such folder, or older than the revision. */
static void
identify(char out[48], const struct gv_working_copy_proof *is)
{
	static const char *const svn[] = { ".", "format", "db/uuid",
		"db/format", NULL };
	static const char *const hg[] = { ".", ".hg/requires", NULL };
	const bool is_svn = strcmp(is->tool, "svn") == 0;
	const char *const *name = is_svn ? svn : hg;
	struct gv_buf text = GV_BUF_INIT;
	int fd = gv_dir_open_root(is->local.p);
	struct gv_oid digest;
	struct stat st;

	memcpy(out, "-", 2);
	for (; fd >= 0 && *name; name++) {
		if ((name[0][0] == '.' && name[0][1] == '\0'
			    ? gv_dir_stat_fd(fd, &st)
			    : gv_dir_stat(fd, *name, strlen(*name), &st)) < 0)
			continue;
		gv_buf_addf(&text, "%s %llx:%llx", *name,
		    (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino);
		if (!S_ISDIR(st.st_mode))
			gv_buf_addf(&text, " %lld.%09ld",
			    (long long)st.st_mtim.tv_sec,
			    (long)st.st_mtim.tv_nsec);
		gv_buf_addch(&text, '\n');
	}
	if (text.len && gv_buf_check(&text) == 0 &&
	    (!is_svn || find_youngest(fd) >= strtoul(is->revision, NULL, 10))) {
		gv_hash_object(&digest, GV_OTYPE_BLOB, text.p, text.len);
		gv_oid_format(out, &digest);
	}
	gv_file_close(fd);
	gv_buf_release(&text);
}

static int
describe(struct gv_working_copy_proof *is, const struct gv_working_copy_peer *s)
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
		identify(is->folder, is);
	else
		gv_buf_reset(&is->local);
	return r == GV_ENOMEM ? r : 0;
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

/* A folder that is gone, or was filled again, is noticed at once. */
static bool
is_there(const struct gv_working_copy_proof *was)
{
	char folder[48];

	if (was->local.len == 0)
		return true;
	identify(folder, was);
	return strcmp(folder, was->folder) == 0 && *folder != '-';
}

/* Without a proof that counts: find the server, and ask it. */
static int
prove(struct gv_working_copy_proof *is, const struct gv_working_copy_proof *was,
    const struct gv_base *base, const struct gv_repo *repo)
{
	struct gv_working_copy_peer s = { GV_BUF_WIPED_INIT, GV_BUF_INIT,
		GV_BUF_INIT, GV_BUF_INIT };
	enum gv_working_copy_says says;
	int r;

	if ((r = find_server(&s, base, repo)) < 0 || (r = describe(is, &s)) < 0)
		goto out;
	says = is_there(was) ? gv_working_copy_proof_say(was, is, true)
			     : GV_WORKING_COPY_ASK;
	if (says != GV_WORKING_COPY_ASK) {
		is->says = says;
		is->time = was->time;
		is->asked = was->asked;
	} else if ((r = gv_working_copy_ask(&says, base, &s, repo)) == 0) {
		/* a folder is there, or it is not */
		if (says == GV_WORKING_COPY_ASK && is->local.len)
			says = GV_WORKING_COPY_LACKS;
		gv_working_copy_proof_take(is, was, says);
	}
	if (r == 0)
		save(is, repo);
out:
	gv_working_copy_peer_release(&s);
	return r;
}

static int
refuse(const struct gv_base *base, enum gv_working_copy_says says)
{
	if (says == GV_WORKING_COPY_OTHER)
		return gv_err(GV_EREFUSED,
		    "its server has another repository or revision %.12s now "
		    "than when it was checked out",
		    base->revision);
	return gv_err(GV_EREFUSED,
	    "its server did not give revision %.12s when it was asked; to see "
	    "why: %s%.12s%s",
	    base->revision,
	    strcmp(base->tool, "svn") == 0 ? "svn info -r " : "hg identify -r ",
	    base->revision, strcmp(base->tool, "svn") == 0 ? "" : " default");
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
	int r = 0;

	memcpy(is.revision, base->revision, sizeof(is.revision));
	load(&was, repo);
	is.says = is_there(&was) ? gv_working_copy_proof_say(&was, &is, false)
				 : GV_WORKING_COPY_ASK;
	if (is.says == GV_WORKING_COPY_ASK && may_ask)
		r = prove(&is, &was, base, repo);
	else if (is.says == GV_WORKING_COPY_ASK && is_there(&was))
		is.says = GV_WORKING_COPY_HAS; /* the next save will find out */
	if (r == 0 && is.says != GV_WORKING_COPY_HAS)
		r = refuse(base, is.says);
	gv_working_copy_proof_release(&was);
	gv_working_copy_proof_release(&is);
	return r;
}

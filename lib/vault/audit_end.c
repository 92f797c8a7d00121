#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "vault/audit_internal.h"

/*
 * vault/audit/here/<host> below the shared .git, or vault/audit/at/<remote>/
 * <host>: 40 digits and a newline. Whoever may write there can take it away;
 * it is against who can only move refs, here or on a remote. It is not flushed:
 * an older end, or none, is what was seen before.
 */
#define ENDS "vault/audit"
#define TEXT (GV_OID_HEX + 1)

bool
gv_audit_end_is_host(const char *host)
{
	const char *p;

	for (p = host; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || *p == '_' || *p == '-' ||
			(*p == '.' && p > host && p[-1] != '.')))
			return false;
	return p > host && p - host < 256;
}

static int
folder(struct gv_buf *out, const struct gv_repo *repo, const char *remote)
{
	gv_buf_addf(out, "%s/" ENDS "/%s%s", repo->common_dir,
	    remote ? "at/" : "here", remote ? remote : "");
	return gv_buf_check(out);
}

int
gv_audit_end_path(struct gv_buf *out, const struct gv_repo *repo,
    const char *remote, const char *host)
{
	int r = folder(out, repo, remote);

	gv_buf_addf(out, "/%s", host);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_audit_end_load(struct gv_oid *out, const struct gv_repo *repo,
    const char *remote, const char *host)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = gv_audit_end_path(&path, repo, remote, host);

	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, TEXT);
	if (r == 0 &&
	    (text.len != TEXT || text.p[GV_OID_HEX] != '\n' ||
		gv_oid_parse(out, text.p) < 0))
		r = GV_ECORRUPT;
	if (r == GV_ECORRUPT || r == GV_EREFUSED)
		r = gv_err(GV_ECORRUPT,
		    "%s, which says where the chain ended when it was last "
		    "seen, is damaged",
		    path.p);
	if (r == GV_ENOTFOUND)
		gv_err_restore(before);
	else
		free(before);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_audit_end_save(const struct gv_repo *repo, const char *remote,
    const char *host, const struct gv_oid *tip)
{
	struct gv_buf path = GV_BUF_INIT;
	char text[TEXT + 1];
	unsigned mask = gv_repo_share(repo);
	int r = gv_audit_end_path(&path, repo, remote, host);

	gv_oid_format(text, tip);
	text[GV_OID_HEX] = '\n';
	if (r == 0) {
		char *slash = strrchr(path.p, '/');

		*slash = '\0';
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
		*slash = '/';
	}
	if (r == 0)
		r = gv_file_replace(AT_FDCWD, path.p, text, TEXT, 0666, false);
	gv_repo_unshare(mask);
	gv_buf_release(&path);
	return r;
}

int
gv_audit_end_hosts(struct gv_buf *out, const struct gv_repo *repo)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd = -1, r = folder(&path, repo, NULL);

	if (r == 0) {
		fd = gv_dir_open_root(path.p);
		if (fd < 0 && errno != ENOENT)
			r = gv_err_sys("cannot open %s", path.p);
	}
	if (r == 0 && fd >= 0 && gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot list %s", path.p);
	for (i = 0; r == 0 && i < names.n; i++)
		if (gv_audit_end_is_host(names.names[i].name))
			gv_buf_add(
			    out, names.names[i].name, names.names[i].len + 1);
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r < 0 ? r : gv_buf_check(out);
}

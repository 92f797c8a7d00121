#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/err.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * vault/audit-end-<host> below the shared .git, of a remote
 * vault/audit-at-<remote>@<host>, or url-<digest> for the remote: 40 digits and
 * a newline. Whoever may write there can take it away; it is against who can
 * only move refs, here or on a remote. It is not flushed: an older end, or
 * none, is what was seen before.
 */
#define HERE "audit-end-"
#define AT   "audit-at-"
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
	/* a name that ends so is swept with what the caches leave */
	return p > host && p - host < 200 &&
	    (p - host < 4 || strcmp(p - 4, ".tmp") != 0);
}

/* What stands for a remote in the name of a file: its own name where it can,
 * else, as of an address, a digest. */
static void
add_remote(struct gv_buf *out, const char *remote)
{
	char hex[GV_OID_HEX + 1];
	size_t len = strlen(remote);
	struct gv_oid sum;

	if (gv_audit_end_is_host(remote) && len <= GV_OID_HEX) {
		gv_buf_add(out, remote, len);
		return;
	}
	gv_hash_plain(&sum, remote, len);
	gv_oid_format(hex, &sum);
	gv_buf_addf(out, "url-%s", hex);
}

static int
name_of(struct gv_buf *out, const char *remote, const char *host)
{
	if (!gv_audit_end_is_host(host))
		return gv_err(GV_EUSAGE,
		    "no end is recorded of a chain called '%s'", host);
	if (remote) {
		gv_buf_addstr(out, AT);
		add_remote(out, remote);
		gv_buf_addf(out, "@%s", host);
	} else
		gv_buf_addf(out, HERE "%s", host);
	return gv_buf_check(out);
}

int
gv_audit_end_path(struct gv_buf *out, const struct gv_repo *repo,
    const char *remote, const char *host)
{
	gv_buf_addf(out, "%s/vault/", repo->common_dir);
	return name_of(out, remote, host);
}

int
gv_audit_end_load(struct gv_oid *out, const struct gv_repo *repo,
    const char *remote, const char *host)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = gv_audit_end_path(&path, repo, remote, host);

	if (r == 0 && (r = gv_file_read(&text, AT_FDCWD, path.p, TEXT)) == 0 &&
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

/* Over what stands there: a kill leaves nothing beside it, and who reads half
 * of one says so. */
static int
save(struct gv_buf *path, const char *text)
{
	char *slash = strrchr(path->p, '/');
	int r = gv_file_write_over(AT_FDCWD, path->p, text, TEXT, 0666);

	if (r != GV_ENOTFOUND)
		return r;
	*slash = '\0';
	r = gv_file_mkdirs(AT_FDCWD, path->p, 0777);
	*slash = '/';
	return r < 0 ? r
		     : gv_file_write_over(AT_FDCWD, path->p, text, TEXT, 0666);
}

void
gv_audit_end_save(const struct gv_repo *repo, const char *remote,
    const char *host, const struct gv_oid *tip)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	unsigned mask = gv_repo_share(repo);
	char text[TEXT + 1];

	gv_oid_format(text, tip);
	text[GV_OID_HEX] = '\n';
	if (gv_audit_end_path(&path, repo, remote, host) == 0)
		(void)save(&path, text);
	gv_repo_unshare(mask);
	gv_err_restore(before);
	gv_buf_release(&path);
}

int
gv_audit_end_hosts(struct gv_buf *out, const struct gv_repo *repo)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd, r;

	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	r = gv_buf_check(&path);
	fd = r < 0 ? -1 : gv_dir_open_root(path.p);
	if (r == 0 && fd < 0 && errno != ENOENT)
		r = gv_err_sys("cannot open %s", path.p);
	if (r == 0 && fd >= 0 && gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot list %s", path.p);
	for (i = 0; r == 0 && i < names.n; i++) {
		const char *host = names.names[i].name + strlen(HERE);

		if (strncmp(names.names[i].name, HERE, strlen(HERE)) == 0 &&
		    gv_audit_end_is_host(host))
			gv_buf_add(out, host, strlen(host) + 1);
	}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r < 0 ? r : gv_buf_check(out);
}

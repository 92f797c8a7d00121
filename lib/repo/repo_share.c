#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/exec.h"
#include "sys/file.h"

/* The bits of a file, without those of execution, that others get on top of
 * what the umask leaves; *exact: these and no more. */
static unsigned
shared_bits(const struct gv_config *config, bool *exact)
{
	const char *v = gv_config_get(config, "core.sharedrepository");
	unsigned long mode;
	char *end;

	*exact = false;
	if (v == NULL || strcmp(v, "umask") == 0)
		return 0;
	if (strcmp(v, "group") == 0)
		return 0660;
	if (strcmp(v, "all") == 0 || strcmp(v, "world") == 0 ||
	    strcmp(v, "everybody") == 0)
		return 0664;
	mode = strtoul(v, &end, 8);
	if (*v == '\0' || *end || mode > 0777)
		return gv_config_bool(config, "core.sharedrepository", false)
		    ? 0660
		    : 0;
	if (mode <= 2)
		return mode == 0 ? 0 : mode == 1 ? 0660 : 0664;
	*exact = true;
	return (unsigned)mode & 0666;
}

bool
gv_repo_is_shared(const struct gv_repo *repo)
{
	bool exact;

	return (shared_bits(&repo->config, &exact) & 066) != 0;
}

unsigned
gv_repo_share(const struct gv_repo *repo)
{
	unsigned mask = gv_entry_umask();
	bool exact;
	unsigned bits = shared_bits(&repo->config, &exact);

	/* a directory that can be read can be entered */
	bits |= (bits & 0444) >> 2;
	if (exact && bits)
		gv_entry_set_umask(~bits & 0777);
	else
		gv_entry_set_umask(mask & ~bits);
	return mask;
}

void
gv_repo_share_fd(const struct gv_repo *repo, int fd)
{
	bool exact;
	unsigned bits = shared_bits(&repo->config, &exact);
	struct stat st;

	if (bits == 0 || fstat(fd, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		bits |= (bits & 0444) >> 2;
	(void)fchmod(fd, (exact ? st.st_mode & ~0777U : st.st_mode) | bits);
}

void
gv_repo_unshare(unsigned mask)
{
	gv_entry_set_umask(mask);
}

int
gv_repo_detach(const struct gv_repo *repo, const char *const *argv,
    const char *dir, pid_t *pid)
{
	unsigned mask = gv_repo_share(repo);
	struct gv_buf log = GV_BUF_INIT;
	int r;

	if (pid)
		*pid = 0;
	gv_buf_addf(&log, "%s/%s", repo->common_dir, dir);
	if ((r = gv_buf_check(&log)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, log.p, 0777);
	gv_buf_addstr(&log, "/log");
	if (r == 0 && (r = gv_buf_check(&log)) == 0)
		r = gv_exec_detach(argv, log.p, pid);
	gv_buf_release(&log);
	gv_repo_unshare(mask);
	return r;
}

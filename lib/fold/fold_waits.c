#include "fold/fold_internal.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "repo/repo.h"
#include "sys/file.h"

/* An empty directory, made in one step, that says by its time since when
 * something waits to be reclaimed, or when that was last tried. It is no more
 * than a reminder: where it is lost, the next deletion makes another. */
#define NAME "vault/waits"

#define A_DAY                                                                  \
	86400 /* between two tries: the first sets apart, what it finds        \
	       */

#define EXPIRE "2.weeks.ago" /* git's own */

static int
path_of(struct gv_buf *path, const struct gv_repo *repo)
{
	gv_buf_addf(path, "%s/" NAME, repo->common_dir);
	return gv_buf_check(path);
}

void
gv_fold_wait(const struct gv_repo *repo, bool anew)
{
	struct gv_buf path = GV_BUF_INIT;

	if (path_of(&path, repo) == 0) {
		if (anew)
			(void)gv_file_remove_tree(AT_FDCWD, path.p);
		(void)gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	}
	gv_buf_release(&path);
}

void
gv_fold_wait_no_more(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;

	if (path_of(&path, repo) == 0)
		(void)gv_file_remove_tree(AT_FDCWD, path.p);
	gv_buf_release(&path);
}

/* git reads a time in capitals, too: "Now" must not be passed on. */
static bool
is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(value, *words) == 0)
			return true;
	return false;
}

const char *
gv_fold_waits_for(const struct gv_repo *repo)
{
	static const char *const never[] = { "never", "false", "no", "off", "0",
		NULL };
	static const char *const by_itself[] = { "", "true", "yes", "on", "1",
		NULL };
	/* git gc believes its user that nobody else is at work; who works in
	 * the background cannot */
	static const char *const at_once[] = { "now", "all", "0", NULL };
	const char *value = gv_config_get(&repo->config, "vault.autoreclaim");

	if (value && is_one_of(value, never))
		return "never";
	if (value && !is_one_of(value, by_itself))
		return value;
	value = gv_config_get(&repo->config, "gc.pruneexpire");
	if (value == NULL || *value == '\0')
		return EXPIRE;
	if (is_one_of(value, at_once))
		return NULL;
	return is_one_of(value, never) ? "never" : value;
}

bool
gv_fold_waits_is_over(const struct gv_repo *repo)
{
	const char *expire = gv_fold_waits_for(repo);
	struct gv_buf path = GV_BUF_INIT;
	bool over;

	over = (expire == NULL || strcmp(expire, "never") != 0) &&
	    path_of(&path, repo) == 0 &&
	    gv_file_is_stale(AT_FDCWD, path.p, A_DAY);
	gv_buf_release(&path);
	return over;
}

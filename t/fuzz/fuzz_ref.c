/*
 * Git's files of refs, read by us: up to the first NUL packed-refs, up to the
 * next the file of one ref among ours, then that of a single one. What is read
 * has plain names with our prefix, and ids; anything odd is left to git.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repo/ref_internal.h"
#include "repo/refs.h"
#include "repo/repo.h"

#define LOOSE  GV_REFS_SNAPSHOTS "20260105T101500Z-0a1b2c3d"
#define SINGLE "refs/vault/deleted"

static char dir[64];
static const char loose[] = LOOSE;

static void
clean(void)
{
	static const char *const names[] = { loose, SINGLE, "packed-refs",
		"refs/vault/snapshots", "refs/vault", "refs", "." };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (names[i][0] == '.')
			rmdir(dir);
		else if (remove(path) < 0)
			continue;
	}
}

static void
prepare(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[128];

	snprintf(dir, sizeof(dir), "%.40s/fuzz_ref.XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/refs", dir);
	must(mkdir(path, 0777) == 0);
	snprintf(path, sizeof(path), "%s/refs/vault", dir);
	must(mkdir(path, 0777) == 0);
	snprintf(path, sizeof(path), "%s/refs/vault/snapshots", dir);
	must(mkdir(path, 0777) == 0);
	atexit(clean);
}

/* A file of what comes before the next NUL; none where nothing is left. */
static void
put(const char *name, const uint8_t **p, const uint8_t *end)
{
	const uint8_t *nul =
	    *p < end ? memchr(*p, 0, (size_t)(end - *p)) : NULL;
	size_t n = (size_t)((nul ? nul : end) - *p);
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	if (*p == end)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	must(fd >= 0 && write(fd, *p, n) == (ssize_t)n);
	close(fd);
	*p = nul ? nul + 1 : end;
}

static void
check(const struct gv_refs *refs)
{
	size_t i;

	for (i = 0; i < refs->n; i++) {
		const char *name = refs->refs[i].name;

		must(strcmp(name, SINGLE) == 0 ||
		    (strncmp(name, GV_REFS_SNAPSHOTS,
			 strlen(GV_REFS_SNAPSHOTS)) == 0 &&
			strpbrk(name + strlen(GV_REFS_SNAPSHOTS), "/. \n^~") ==
			    NULL));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { SINGLE, NULL };
	const struct gv_repo repo = { .common_dir = dir };
	const uint8_t *p = data, *end = data + len;
	struct gv_refs refs = { 0 };

	if (*dir == '\0')
		prepare();
	put("packed-refs", &p, end);
	put(loose, &p, end);
	put(SINGLE, &p, end);
	if (gv_ref_read(&refs, &repo, names, GV_REFS_SNAPSHOTS) > 0)
		check(&refs);
	else
		must(refs.n == 0);
	gv_refs_release(&refs);
	return 0;
}

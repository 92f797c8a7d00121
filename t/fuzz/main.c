/*
 * What stands in for libFuzzer where it is not there: runs every file of the
 * target's corpus (or those given as arguments) through it, as a TAP test.
 * The corpus of fuzz_READER is t/fuzz/corpus/READER of the sources.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/err.h"
#include "sys/file.h"

#define LARGEST ((size_t)64 * 1024 * 1024)

/* The input in memory of its very size, so that a read beyond it is seen. */
static void
run_one(const struct gv_buf *b)
{
	uint8_t *copy = malloc(b->len ? b->len : 1);

	if (copy == NULL)
		abort();
	if (b->len)
		memcpy(copy, b->p, b->len);
	LLVMFuzzerTestOneInput(copy, b->len);
	free(copy);
}

static int
run_file(unsigned n, const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT, data = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s%s%s", dir, *dir ? "/" : "", name);
	r = gv_file_read(&data, AT_FDCWD, path.p, LARGEST);
	/* said first, for the case that it crashes */
	printf("# %s\n", name);
	fflush(stdout);
	if (r == 0)
		run_one(&data);
	printf("%sok %u - %s\n", r < 0 ? "not " : "", n, name);
	if (r < 0)
		printf("# %s\n", gv_err_message());
	fflush(stdout);
	gv_buf_release(&path);
	gv_buf_release(&data);
	return r;
}

static unsigned
run_corpus(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort), i;
	unsigned count = 0;

	if (n < 0) {
		printf("Bail out! cannot read %s\n", dir);
		exit(1);
	}
	for (i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			run_file(++count, dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return count;
}

int
main(int argc, char **argv)
{
	const char *src = getenv("GIT_VAULT_SRC_DIR");
	const char *name = strrchr(argv[0], '/');
	struct gv_buf dir = GV_BUF_INIT;
	unsigned n = 0;

	name = name ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	if (argc > 1) {
		while ((int)n + 1 < argc) {
			run_file(n + 1, "", argv[n + 1]);
			n++;
		}
	} else {
		gv_buf_addf(&dir, "%s/t/fuzz/corpus/%s", src ? src : ".", name);
		n = run_corpus(dir.p);
	}
	/* the harness must not take an empty corpus for a good one */
	if (n == 0)
		printf("not ok 1 - the corpus %s is empty\n", dir.p);
	printf("1..%u\n", n ? n : 1);
	gv_buf_release(&dir);
	return n == 0;
}

/*
 * Records which functions a program reaches, for t/helper/areas.py. It is
 * linked into a build whose objects are made with
 * -fsanitize-coverage=func,trace-pc-guard. GIT_VAULT_TEST_REACHED names a file
 * that all runs of one script share. Once the I-th function was called, entry
 * I is its address, counted from the start of the program; until then it is 0.
 * The file is mapped into memory, so that a killed process has recorded what
 * it reached.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char __executable_start[];
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

/* More functions than the program has; those beyond it are not recorded. */
enum { MOST = 1 << 16 };

static uint32_t *reached;
static uint32_t guards;

static void
map_record(void)
{
	const char *path = getenv("GIT_VAULT_TEST_REACHED");
	void *p;
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	if (ftruncate(fd, MOST * sizeof(*reached)) == 0) {
		p = mmap(NULL, MOST * sizeof(*reached), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
		if (p != MAP_FAILED)
			reached = p;
	}
	close(fd);
}

void
__sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop)
{
	uint32_t *p;

	if (guards == 0)
		map_record();
	for (p = start; p < stop; p++)
		if (*p == 0 && guards + 1 < MOST)
			*p = ++guards;
}

void
__sanitizer_cov_trace_pc_guard(uint32_t *guard)
{
	uint32_t i = *guard;

	if (i == 0)
		return;
	*guard = 0;
	if (reached != NULL)
		reached[i] = (uint32_t)((uintptr_t)__builtin_return_address(0) -
		    (uintptr_t)__executable_start);
}

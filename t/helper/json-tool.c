/*
 * JSON through lib/format, for the public test suite and for the bench.
 *
 *	json-tool check FILE…
 *	json-tool strict FILE [ROUNDS]
 *	json-tool stream FILE [KEY…]
 *
 * check says of each file whether it is accepted, a token, a value and a piece
 * at a time, and the status is 2 where these do not agree. strict tells how
 * long gv_jsontext_value() takes over the file in memory, in microseconds by
 * the wall and of the processor, the least of all rounds; stream goes into the
 * outermost value and those of these keys in it, and tells the pieces.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/jsonstream.h"

struct ways {
	int fd;
	size_t step; /* bytes that are read at once; 0: all */
	char **keys;
	int n_keys;
};

static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* The file in memory of its very size. */
static char *
read_file(const char *path, size_t *len)
{
	int fd = open_file(path);
	off_t end = lseek(fd, 0, SEEK_END);
	char *text = malloc(end ? (size_t)end : 1);

	if (text == NULL || pread(fd, text, (size_t)end, 0) != end) {
		fprintf(stderr, "json-tool: cannot read %s\n", path);
		exit(1);
	}
	close(fd);
	*len = (size_t)end;
	return text;
}

/* ---- in memory ---- */

static int
read_all(const char *text, size_t len, bool whole)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r;

	gv_jsontext_init(&j, text, len);
	do
		r = whole ? gv_jsontext_value(&j, &t)
			  : gv_jsontext_next(&j, &t);
	while (r > 0);
	return r;
}

static int64_t
now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int
strict(const char *path, int rounds)
{
	int64_t least[2] = { INT64_MAX, INT64_MAX }, wall, cpu;
	size_t len;
	char *text = read_file(path, &len);
	int r = 0;

	while (r == 0 && rounds-- > 0) {
		wall = now(CLOCK_MONOTONIC);
		cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		r = read_all(text, len, true);
		cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		wall = now(CLOCK_MONOTONIC) - wall;
		least[0] = wall < least[0] ? wall : least[0];
		least[1] = cpu < least[1] ? cpu : least[1];
	}
	free(text);
	if (r == 0)
		printf("%" PRId64 "\t%" PRId64 "\n", least[0], least[1]);
	else
		fprintf(stderr, "json-tool: %s is no JSON\n", path);
	return r < 0;
}

/* ---- as a stream ---- */

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	const struct ways *w = ctx;

	return read(w->fd, data, w->step && w->step < len ? w->step : len);
}

static bool
enter(void *ctx, const struct gv_jsontext_level *levels, size_t n)
{
	const struct ways *w = ctx;
	const struct gv_jsontext_level *level = &levels[n - 1];
	int i;

	/* without keys into all that can be gone into */
	for (i = 0; n == 2 && level->key && i < w->n_keys; i++)
		if (gv_jsontext_is(
			level->key, level->key_len, true, w->keys[i]))
			return true;
	return n == 1 || w->n_keys == 0;
}

static int
read_stream(struct ways *w, size_t *pieces, uint64_t *bytes)
{
	struct gv_jsontext_source source = {
		.read = read_some, .enter = enter, .ctx = w, .max = 0
	};
	struct gv_jsonstream *s;
	struct gv_jsontext_piece piece;
	int r = gv_jsonstream_new(&s, &source);

	*pieces = 0;
	*bytes = 0;
	if (r < 0)
		return r;
	while ((r = gv_jsonstream_next(s, &piece)) > 0) {
		++*pieces;
		*bytes += piece.len;
	}
	gv_jsonstream_free(s);
	return r;
}

static int
stream(const char *path, char **keys, int n_keys)
{
	struct ways w = { open_file(path), 0, keys, n_keys };
	size_t pieces;
	uint64_t bytes;
	int r = read_stream(&w, &pieces, &bytes);

	close(w.fd);
	if (r == 0)
		printf("%zu pieces, %" PRIu64 " bytes\n", pieces, bytes);
	else
		fprintf(stderr, "json-tool: %s: %s\n", path, gv_err_message());
	return r < 0;
}

/* ---- the suite ---- */

static bool
check(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t steps[] = { 0, 1, 7 }, len, i, pieces;
	char *text = read_file(path, &len);
	bool good = read_all(text, len, false) == 0;
	bool agree = (read_all(text, len, true) == 0) == good;
	struct ways w = { -1, 0, NULL, 0 };
	uint64_t bytes;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		w.fd = open_file(path);
		w.step = steps[i];
		if ((read_stream(&w, &pieces, &bytes) == 0) != good ||
		    (good && bytes != len))
			agree = false;
		close(w.fd);
	}
	printf("%s %s\n",
	    !agree     ? "both"
		: good ? "accepted"
		       : "refused",
	    name ? name + 1 : path);
	free(text);
	return agree;
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	int i, bad = 0;

	if (strcmp(verb, "strict") == 0)
		return strict(argv[2], argc > 3 ? atoi(argv[3]) : 1);
	if (strcmp(verb, "stream") == 0)
		return stream(argv[2], argv + 3, argc - 3);
	if (strcmp(verb, "check") != 0) {
		fprintf(stderr, "usage: json-tool check|strict|stream FILE\n");
		return 129;
	}
	for (i = 2; i < argc; i++)
		bad += !check(argv[i]);
	return bad ? 2 : 0;
}

/*
 * States through lib/infra, for the tests and the bench.
 *
 *	state-tool show FILE…
 *	state-tool list FILE
 *	state-tool groups FILE
 *
 * show tells of each file what it says of itself, and fails where the groups
 * are not its bytes; list tells the items, one a line: address, marks, how many
 * attributes, how many of these are sensitive, how many needs; groups tells of
 * each its bytes, its items, and the trees that end before it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "object/chunk.h"
#include "toolstate/state.h"

enum what {
	SHOW,
	LIST,
	GROUPS,
};

struct file {
	const char *path;
	int fd, again; /* the same file, to hold the groups against */
	enum what what;
	uint64_t attributes, sensitive, needs;
};

static int64_t
give(void *ctx, void *data, size_t len)
{
	const struct file *f = ctx;
	ssize_t n = read(f->fd, data, len);

	return n < 0 ? gv_err_sys("cannot read %s", f->path) : n;
}

static void
list_item(struct file *f, const struct gv_state_item *item)
{
	static const char letters[] = "STDPR";
	uint64_t sensitive = 0;
	char marks[sizeof(letters)], *m = marks;
	size_t i;

	for (i = 0; i < item->n_attributes; i++)
		sensitive += item->attributes[i].marks != 0;
	for (i = 0; letters[i]; i++)
		if (item->marks & (1U << i))
			*m++ = letters[i];
	*m = '\0';
	f->attributes += item->n_attributes;
	f->sensitive += sensitive;
	f->needs += item->n_needs;
	if (f->what == LIST)
		printf("%s\t%s\t%zu\t%" PRIu64 "\t%zu\n", item->address, marks,
		    item->n_attributes, sensitive, item->n_needs);
}

/* Whether the file goes on with these bytes. */
static int
compare(const struct file *f, const char *text, size_t len)
{
	char block[65536];
	ssize_t n;

	for (; len; text += n, len -= (size_t)n) {
		n = read(
		    f->again, block, len < sizeof(block) ? len : sizeof(block));
		if (n <= 0 || memcmp(block, text, (size_t)n) != 0)
			return gv_err(GV_ERROR, "a group is not the file's");
	}
	return 0;
}

static int
hear(void *ctx, const struct gv_state_group *group)
{
	struct file *f = ctx;
	size_t i;

	for (i = 0; i < group->n_items; i++)
		list_item(f, &group->items[i]);
	if (f->what == GROUPS)
		printf(
		    "%zu\t%zu\t%u\n", group->len, group->n_items, group->level);
	return f->again < 0 ? 0 : compare(f, group->text, group->len);
}

static int
read_file(struct file *f, bool compared)
{
	const struct gv_state_source source = {
		.read = give, .ctx = f, .cut = gv_chunk_cut
	};
	struct gv_state_info info;
	int r;

	f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	f->again = compared ? open(f->path, O_RDONLY | O_CLOEXEC) : -1;
	if (f->fd < 0) {
		perror(f->path);
		return 1;
	}
	r = gv_state_run(&info, &source, hear, f);
	close(f->fd);
	if (f->again >= 0)
		close(f->again);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", f->path, gv_err_message());
		return 1;
	}
	if (f->what == SHOW)
		printf("%s %u serial %" PRIu64 " bytes %" PRIu64
		       " groups %" PRIu64 " items %" PRIu64
		       " attributes %" PRIu64 " sensitive %" PRIu64
		       " needs %" PRIu64 "%s%s%s\t%s\n",
		    info.tool, info.format, info.serial, info.size, info.groups,
		    info.items, f->attributes, f->sensitive, f->needs,
		    info.is_encrypted ? " encrypted" : "",
		    info.damage[0] ? " damaged: " : "", info.damage, f->path);
	return 0;
}

int
main(int argc, char **argv)
{
	static const char *const words[] = { "show", "list", "groups" };
	struct file f = { 0 };
	int what = 0, i, bad = 0;

	while (argc > 2 && what < 3 && strcmp(argv[1], words[what]) != 0)
		what++;
	if (argc < 3 || what == 3) {
		fprintf(stderr, "usage: state-tool show|list|groups FILE\n");
		return 129;
	}
	for (i = 2; i < argc; i++) {
		f = (struct file){ .path = argv[i], .what = (enum what)what };
		bad |= read_file(&f, what == SHOW);
	}
	return bad;
}

#ifndef GV_CODE_H
#define GV_CODE_H
/*
 * The code of Terraform or OpenTofu as a commit has it: of a directory, which
 * resources and modules have a block in it, and what its `moved` and `removed`
 * say. By the tools' own rules of which files count (*.tf, *.tofu, the same
 * with .json, override files behind the others), and by structure alone; no
 * working tree is looked at.
 *
 *	r = gv_code_open(&code, odb, &tree);
 *	r = gv_code_dir(&dir, code, "envs/prod");
 *	block = gv_code_find(dir, "aws_vpc.main", len);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"

struct gv_code;
struct gv_odb;
struct gv_oid;

struct gv_code_block {
	struct gv_code_block *next; /* in the order in which they stand */
	const char *name;           /* aws_vpc.a, data.aws_ami.b, module.c */
	const char *file;           /* its path from the top */
	size_t line;
	bool is_module, is_counted; /* `count` or `for_each` */
	/* of a module: the directory that it is read from; NULL: elsewhere, or
	 * not written as a literal */
	const char *source;
};

struct gv_code_move {
	const char *from, *to; /* to NULL: it was removed */
};

/* Lives as long as its code. */
struct gv_code_dir {
	const char *path; /* "" is the top */
	const char *why;  /* why not all of it is known, a sentence; NULL */
	struct gv_code_block *first;
	struct gv_map names;         /* of blocks */
	struct gv_map moves;         /* struct gv_code_move, by what is moved */
	struct gv_map imports;       /* addresses that are to be imported */
	struct gv_code_block **last; /* private */
	unsigned look;               /* private */
};

/* Begin with a tree; nothing is read yet. `odb` must outlive it. 0 or
 * GV_ENOMEM. */
int gv_code_open(
    struct gv_code **out, struct gv_odb *odb, const struct gv_oid *tree);

/* NULL-safe. */
void gv_code_close(struct gv_code *code);

/* A directory, read once; NULL in *out where there is none of that path, or no
 * code in it. 0; GV_EREFUSED for a file that is no code, with its place;
 * GV_ENOTFOUND for one that is not here; GV_ECORRUPT; GV_ENOMEM. */
int gv_code_dir(
    const struct gv_code_dir **out, struct gv_code *code, const char *path);

/* The block of a name, or NULL. */
const struct gv_code_block *
gv_code_find(const struct gv_code_dir *dir, const char *name, size_t len);

/* Whether what a module is made of, and the modules in it, has a resource at
 * all: 1; 0 also where that is not known; as gv_code_dir(). */
int
gv_code_has_resources(struct gv_code *code, const struct gv_code_block *module);

/* Whether there is code nowhere but in the top directory and in modules that
 * are called from there, one in the other: 1 or 0; as gv_code_dir(). */
int gv_code_is_at_top(struct gv_code *code);

#endif

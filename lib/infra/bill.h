#ifndef GV_BILL_H
#define GV_BILL_H
/*
 * What something is made of, by digests, as the files of others say it: images
 * of containers that manifests name (Kubernetes, Compose, values of Helm,
 * kustomizations), bills of materials (CycloneDX and SPDX as JSON), and lock
 * files (npm, Go, Terraform, Helm). Bytes are read and nothing is looked up:
 * whether a digest is right is not known here. Digests are one text each, of
 * the algorithm and digits: sha256:4f…, sha512:…, h1:… (of a directory, as Go
 * and Terraform have it).
 *
 *	struct gv_bill bill = GV_BILL_INIT;
 *	r = gv_bill_read(&bill, "go.sum", text.p, text.len);
 *	gv_bill_sort(&bill);
 *	gv_bill_release(&bill);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct gv_buf;

#define GV_BILL_SIZE  ((size_t)32 * 1024 * 1024) /* bytes of a file */
#define GV_BILL_ITEMS 20000
#define GV_BILL_NAME  1024 /* bytes of a name, version or address */
#define GV_BILL_ODD   5    /* that are named one by one */

struct gv_bill_item {
	const char *name;    /* of an address: no user, nothing behind '?' */
	const char *version; /* NULL: it has none, or an address */
	const char *purl;    /* without what is behind '?'; NULL: it has none */
	const char *digest;
	size_t place; /* which of the digests of its file, from 1 */
	size_t line;  /* in it; 0: not known */
};

/* One that was left out: in which file, of what, and why. */
struct gv_bill_odd {
	const char *text;
	const char *nameless; /* by its place, where it must not be named */
};

struct gv_bill {
	struct gv_bill_item *all;
	size_t n, cap;
	size_t bare; /* components that have no digest, and are not there */
	size_t odd;  /* left out: an invalid digest, and by
			gv_bill_leave_out() */
	struct gv_bill_odd odds[GV_BILL_ODD]; /* the first of them */
	size_t read;                          /* digests of the file so far */
	const char *file; /* what names the next file where that is itself
			     what is listed; NULL: as it is read by */
	struct gv_arena arena;
};

#define GV_BILL_INIT                                                           \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Free; NULL-safe. */
void gv_bill_release(struct gv_bill *bill);

/* Add what a file says; its name and content tell its kind. `data` has one byte
 * behind its `len`, and is changed. 0; GV_EREFUSED with "NAME: " or
 * "NAME:LINE: " and what is wrong, for a kind that is not known, too;
 * GV_ENOMEM. What was added before a failure stays. */
int gv_bill_read(struct gv_bill *out, const char *name, char *data, size_t len);

/* Add the images with a digest that a file of YAML names, of one document or
 * several; one without any is not looked at, and may be no YAML. The same. */
int gv_bill_read_images(
    struct gv_bill *out, const char *name, const char *data, size_t len);

/* Take out an item again, which must not be named, and count it as odd. 0 or
 * GV_ENOMEM. */
int gv_bill_leave_out(
    struct gv_bill *bill, size_t i, const char *file, const char *why);

/* By name, version and digest, each once. */
void gv_bill_sort(struct gv_bill *bill);

/* Append a digest in its one form, as others write it: sha256:DIGITS,
 * zh:DIGITS, h1:BASE64, sha512-BASE64. Whether it is one; nothing was appended
 * where it is not. */
bool gv_bill_digest(struct gv_buf *out, const char *text);

/* The same of how one begins, as it is cut; of base 64 as many digits as are
 * certain. */
bool gv_bill_digest_begin(struct gv_buf *out, const char *text);

/* Whether it is a digest in that form. */
bool gv_bill_is_digest(const char *text);

#endif

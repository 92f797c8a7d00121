#ifndef GV_HASH_LIBRARY_H
#define GV_HASH_LIBRARY_H
/*
 * What is used of the shared libgit2: its SHA-1, which detects collisions. TLS,
 * ssh and Kerberos come with it and cost a start more than all else together,
 * so it is loaded when the first object is named, and only where that SHA-1
 * could not be taken into the program (sha1dc.h).
 *
 *	const struct gv_hash_library *git2;
 *	r = gv_hash_library(&git2);
 *	r = git2->odb_hash(&id, data, len, GIT_OBJECT_BLOB);
 */

#include <git2.h>
#include <git2/sys/odb_backend.h>

struct gv_hash_library {
	__typeof__(git_error_last) *error_last;
	__typeof__(git_libgit2_init) *libgit2_init;
	__typeof__(git_libgit2_version) *libgit2_version;
	__typeof__(git_odb_add_backend) *odb_add_backend;
	__typeof__(git_odb_free) *odb_free;
	__typeof__(git_odb_hash) *odb_hash;
	__typeof__(git_odb_init_backend) *odb_init_backend;
	__typeof__(git_odb_new) *odb_new;
	__typeof__(git_odb_open_wstream) *odb_open_wstream;
	__typeof__(git_odb_stream_finalize_write) *odb_stream_finalize_write;
	__typeof__(git_odb_stream_free) *odb_stream_free;
	__typeof__(git_odb_stream_write) *odb_stream_write;
};

/* Load it, once in a process, from any thread. It is not initialized: that
 * reads the certificates of the system, and hashing does without (a stream does
 * not). 0, or GV_EREFUSED where the one that this program was built with is not
 * there. */
int gv_hash_library(const struct gv_hash_library **out);

#endif

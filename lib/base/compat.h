#ifndef GV_COMPAT_H
#define GV_COMPAT_H
/*
 * What not every system has. config.h includes this header, so each source file
 * sees it: a function that configure did not find comes from compat.c.
 *
 *	#ifdef GV_LINUX		/proc, openat2, inotify, Landlock
 *	#ifdef HAVE_PIPE2	one call that only some systems have
 *
 * The one switch of `./configure --enable-portable` is here, too. Such a build
 * has no more than POSIX offers, so that the tests run every fallback.
 */

#if defined(__linux__) && !defined(GV_PORTABLE)
#define GV_LINUX 1
#endif

#ifdef GV_PORTABLE
#undef HAVE_ACCEPT4
#undef HAVE_CLOSE_RANGE
#undef HAVE_EXPLICIT_BZERO
#undef HAVE_GETDENTS64
#undef HAVE_GETENTROPY
#undef HAVE_GETRANDOM
#undef HAVE_LISTXATTRAT
#undef HAVE_LLISTXATTR
#undef HAVE_MALLOC_TRIM
#undef HAVE_MEMMEM
#undef HAVE_MEMRCHR
#undef HAVE_PIPE2
#undef HAVE_RAWMEMCHR
#undef HAVE_REALLOCARRAY
#undef HAVE_RENAMEAT2
#undef HAVE_RENAMEATX_NP
#undef HAVE_SIGTIMEDWAIT
#undef HAVE_STATX
#undef HAVE_STPCPY
#undef HAVE_STRCASESTR
#undef HAVE_STRCHRNUL
#undef HAVE_STRNDUP
#undef HAVE_STRUCT_DIRENT_D_TYPE
#undef HAVE_SYNCFS
#endif

#ifndef __cplusplus

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* As the functions of these names, but for speed where noted in compat.c. */
void gv_compat_explicit_bzero(void *p, size_t len);
void *
gv_compat_memmem(const void *in, size_t len, const void *what, size_t what_len);
void *gv_compat_memrchr(const void *in, int c, size_t len);
void *gv_compat_rawmemchr(const void *in, int c);
void *gv_compat_reallocarray(void *p, size_t n, size_t size);
char *gv_compat_stpcpy(char *to, const char *from);
char *gv_compat_strcasestr(const char *in, const char *what);
char *gv_compat_strchrnul(const char *in, int c);
char *gv_compat_strndup(const char *text, size_t most);

#ifndef HAVE_EXPLICIT_BZERO
#undef explicit_bzero
#define explicit_bzero gv_compat_explicit_bzero
#endif
#ifndef HAVE_MEMMEM
#undef memmem
#define memmem gv_compat_memmem
#endif
#ifndef HAVE_MEMRCHR
#undef memrchr
#define memrchr gv_compat_memrchr
#endif
#ifndef HAVE_RAWMEMCHR
#undef rawmemchr
#define rawmemchr gv_compat_rawmemchr
#endif
#ifndef HAVE_REALLOCARRAY
#undef reallocarray
#define reallocarray gv_compat_reallocarray
#endif
#ifndef HAVE_STPCPY
#undef stpcpy
#define stpcpy gv_compat_stpcpy
#endif
#ifndef HAVE_STRCASESTR
#undef strcasestr
#define strcasestr gv_compat_strcasestr
#endif
#ifndef HAVE_STRCHRNUL
#undef strchrnul
#define strchrnul gv_compat_strchrnul
#endif
#ifndef HAVE_STRNDUP
#undef strndup
#define strndup gv_compat_strndup
#endif

/* macOS has its own names for the times of a file. */
#if defined(HAVE_STRUCT_STAT_ST_MTIMESPEC) && !defined(HAVE_STRUCT_STAT_ST_MTIM)
#define st_atim st_atimespec
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

#endif
#endif

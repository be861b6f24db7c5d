/* SPDX-License-Identifier: Apache-2.0 */
/* The browser's keeper: runs it, reaps all it leaves, and ends all of it when the server is gone.
 *
 * keeper BROWSER ARGUMENT...  with the descriptors
 *   2     what the browser says        3, 4  the DevTools pipe, for the browser
 *   5     orders: 'T' asks the browser to end (SIGTERM); its end of file kills everything
 *   6     the keeper's own file
 * Exit status: the browser's, 128 + N after signal N, 127 when it could not be run.
 *
 * A program of its own because a browser is a tree of processes: only their subreaper can wait for
 * all of them, and nobody but a process that outlives the server can end a browser that is stopped
 * or hangs after the server was killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum { kBrowserIn = 3, kBrowserOut = 4, kOrders = 5, kSelf = 6, kCannotRun = 127 };

/* Of this process: orphans of the browser are its children, too. */
static void kill_children(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE* list = fopen(path, "re");
  if (list == NULL) {
    return;
  }
  int pid = 0;
  while (fscanf(list, "%d", &pid) == 1) {
    kill(pid, SIGKILL);
  }
  fclose(list);
}

/* Until there is no child left; a killed process may leave further orphans. */
static void end_all(pid_t browser) {
  for (;;) {
    kill(-browser, SIGKILL);
    kill_children();
    int status = 0;
    if (waitpid(-1, &status, 0) < 0 && errno == ECHILD) {
      return;
    }
  }
}

static void run(char** command, pid_t keeper) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == keeper) {
    execv(command[0], command);
    dprintf(STDERR_FILENO, "%s cannot be run: %s\n", command[0], strerror(errno));
  }
  _exit(kCannotRun);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    return kCannotRun;
  }
  close(kSelf);
  setsid(); /* away from the terminal's Ctrl-C */
  prctl(PR_SET_NAME, "webjs-keeper");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  fcntl(kOrders, F_SETFD, FD_CLOEXEC);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  const int changes = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  const pid_t self = getpid();
  const pid_t browser = fork();
  if (browser == 0) {
    run(argv + 1, self);
  }
  if (browser < 0 || changes < 0) {
    dprintf(STDERR_FILENO, "no process for the browser: %s\n", strerror(errno));
    return kCannotRun;
  }
  close(kBrowserIn);
  close(kBrowserOut);
  struct pollfd ready[2] = {{changes, POLLIN, 0}, {kOrders, POLLIN, 0}};
  for (;;) {
    if (poll(ready, 2, -1) < 0) {
      continue;
    }
    if (ready[1].revents != 0) {
      char order = 0;
      const ssize_t got = read(kOrders, &order, 1);
      if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
        end_all(browser);
        return 128 + SIGKILL;
      }
      if (got == 1 && order == 'T') {
        kill(browser, SIGTERM);
      }
    }
    if (ready[0].revents != 0) {
      struct signalfd_siginfo ignored;
      while (read(changes, &ignored, sizeof ignored) > 0) {
      }
      int status = 0;
      for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == browser) {
          end_all(browser);
          return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
      }
    }
  }
}

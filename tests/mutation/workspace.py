"""A copy of the source tree in a folder that goes away, with a build of its own: where a fault can be planted in the code without the real
tree ever holding it. For the programs that plant faults (tests/mutation/mutate.py, the self-test of the simulation). Python 3 standard library only.

    with Workspace() as space:
        space.replace('src/sync/orders.c', 'seen >= from', 'seen > from')
        built, output = space.build('liaison-sim')
        status, output = space.run(['liaison-sim', '--runs', '100'], timeout=60)
        space.restore()
"""
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Quick to compile and link rather than pleasant to debug; a planted fault may leave a variable unused, which is not its point.
OPTIONS = ['-Dbuildtype=debug', '-Doptimization=1', '-Ddebug=false', '-Dwerror=false', '-Dwarning_level=0', '-Dc_args=-w', '-Dcpp_args=-w']
BUILD_TIMEOUT_S, BUILD_ATTEMPTS = 1800, 3
TIMED_OUT = -1000       # the status of a command that was stopped because its time was over
OUTPUT_KEPT = 1 << 20   # of what a command says, the end
FILE_MAX = 256 << 20    # a fault may write without end


class WorkspaceError(Exception):
    """The fault cannot be planted or the copy cannot be made; the text says what to do."""


class Workspace:
    """`root` is the copy of the tree at `source`, `build_folder` its build. Every command runs in the build folder, in a process group of its own."""

    def __init__(self, options=(), memory_bytes=None, nice=10, source=ROOT):
        self.options, self.memory_bytes, self.nice, self.source = list(options), memory_bytes, nice, pathlib.Path(source)
        self.folder = self.root = self.build_folder = None
        self.originals = {}

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='liaison-workspace-'))
        self.root = self.folder / 'tree'
        self.build_folder = self.root / 'build'
        try:
            (self.folder / 'tmp').mkdir()
            shutil.copytree(self.source, self.root, symlinks=True, ignore=self._not_copied)
            status, output = self.run(['meson', 'setup', str(self.build_folder), *OPTIONS, *self.options], BUILD_TIMEOUT_S, folder=self.root)
            if status != 0:
                raise WorkspaceError(f'The copy of the tree cannot be set up: mend the build of the tree itself first (meson setup).\n{output[-3000:]}')
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def replace(self, file, old, new):
        """Plants a fault. `file` is relative to the tree; `old` must stand there exactly once."""
        text = self.read(file)
        count = text.count(old)
        if count != 1:
            raise WorkspaceError(f'{file} holds this text {count} times, where once is wanted: the code has changed since the fault was written. '
                                 f'Read the file and write the fault anew:\n{old}')
        self.write(file, text.replace(old, new))

    def read(self, file):
        return (self.root / file).read_text(encoding='utf-8')

    def write(self, file, text):
        """The whole text of a file, until restore()."""
        path = self.root / file
        self.originals.setdefault(file, path.read_text(encoding='utf-8'))
        path.write_text(text, encoding='utf-8')

    def restore(self):
        """Takes every fault out again. The next build makes what they touched anew."""
        for file, text in self.originals.items():
            (self.root / file).write_text(text, encoding='utf-8')
        self.originals.clear()

    def build(self, *targets):
        """(whether it could be built, what the compiler said)"""
        status, output = 1, ''
        for _ in range(BUILD_ATTEMPTS):
            status, output = self.run(['ninja', '-j1', '-C', str(self.build_folder), *targets], BUILD_TIMEOUT_S)
            if status == 0 or 'FAILED:' in output:  # else it was stopped from outside, which says nothing about the code
                break
        return status == 0, output

    def run(self, command, timeout, folder=None, environment=None, cpu_s=None):
        """(exit status, minus a signal's number, or TIMED_OUT; the end of what was said). What the command started ends with it, and its
        temporary files lie in the workspace. `timeout` is in seconds that pass, `cpu_s` in seconds of work, on a busy machine the fairer measure."""
        with tempfile.TemporaryFile(dir=self.folder) as said:
            process = subprocess.Popen([str(word) for word in command], cwd=folder or self.build_folder, stdin=subprocess.DEVNULL, stdout=said,
                                       stderr=subprocess.STDOUT, env={**os.environ, 'TMPDIR': str(self.folder / 'tmp'), **(environment or {})},
                                       start_new_session=True, preexec_fn=lambda: self._limit(cpu_s))
            try:
                status = process.wait(timeout)
            except subprocess.TimeoutExpired:
                status = TIMED_OUT
            finally:
                _end_group(process)
            if status != 0:
                self._clear_temporary()
            said.seek(max(0, said.seek(0, os.SEEK_END) - OUTPUT_KEPT))
            return status, said.read().decode('utf-8', errors='replace')

    def _not_copied(self, folder, names):
        top = pathlib.Path(folder) == self.source
        return [name for name in names if name in ('.git', '__pycache__') or top and (name == 'build' or name.startswith('build-'))]

    def _clear_temporary(self):
        """What has failed has not tidied up either."""
        shutil.rmtree(self.folder / 'tmp', ignore_errors=True)
        (self.folder / 'tmp').mkdir(exist_ok=True)

    def _limit(self, cpu_s):
        os.nice(self.nice)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MAX, FILE_MAX))
        if self.memory_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (self.memory_bytes, self.memory_bytes))
        if cpu_s:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))


def _end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()

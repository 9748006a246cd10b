package io.ddict.manager.tools;

import io.ddict.manager.KeptDictionaries;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "forget",
        description = "Gives back the memory of a dictionary that was kept. Ends with 1 if there is none,"
                + " or a service has it.")
final class ForgetCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name of the dictionary, see ddict status.")
    private String name = "";

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public Integer call() throws IOException {
        if (KeptDictionaries.forget(name)) {
            return ExitCodes.OK;
        }
        main.terminal().err().println("ddict: no dictionary of this name is kept: name=" + name
                + "; one that a service has is ended by destroy()");
        return ExitCodes.NEGATIVE;
    }
}
